"""The model card of a bundle: where it is from, how its numbers are kept, how exact it is."""

from __future__ import annotations

from encoders.bundle import Manifest
from training.export.report import ExportReport

_RESIZE = {
    "crop": "the shorter side is scaled to it, the middle is kept",
    "pad": "the longer side is scaled to it, white fills the rest",
    "squash": "both sides are scaled to it",
}


def card(report: ExportReport, manifest: Manifest, origin_card: str) -> str:
    """Markdown. `origin_card`: of the run or the model that was exported, or ""."""
    nested = ", ".join(map(str, manifest.nested_dims))
    parts = [
        f"# {manifest.name} {manifest.version}",
        f"Two towers, one for images and one for texts, into one space of {manifest.dim} "
        "dimensions"
        + (f", of which the first {nested} are useful on their own." if nested else "."),
        f"A bundle of Binocle, exported from `{report.origin}`: encoder `bundle:DIRECTORY`.",
        f"Licence: {manifest.licence}.",
        "## Precision",
        "\n".join(
            [
                f"- Image tower: {report.methods['image']}.",
                f"- Text tower: {report.methods['text']}.",
                *[f"- {note}" for note in report.notes],
            ]
        ),
        f"Cosines to the model's vectors in PyTorch, over {report.pictures} and a list of texts:",
        _drift(report),
        "## Preprocessing",
        _preprocessing(manifest),
    ]
    if manifest.calibration:
        fits = [
            f"{kind}: slope {fit.slope:g}, intercept {fit.intercept:g}"
            for kind, fit in manifest.calibration.items()
        ]
        parts += ["## Relevance", "Fitted by the run, by kind of query: " + "; ".join(fits) + "."]
    if origin_card:
        parts += ["## The model that was exported", _deeper(origin_card).strip()]
    return "\n\n".join(parts) + "\n"


def _drift(report: ExportReport) -> str:
    rows = ["| Tower | Least | Mean | Inputs |", "|---|---|---|---|"]
    rows += [
        f"| {tower} | {found.least:.5f} | {found.mean:.5f} | {found.count} |"
        for tower, found in report.drift.items()
    ]
    return "\n".join(rows)


def _preprocessing(manifest: Manifest) -> str:
    image, text = manifest.image, manifest.text
    mean = ", ".join(f"{value:.4g}" for value in image.mean)
    std = ", ".join(f"{value:.4g}" for value in image.std)
    square = _RESIZE[image.resize]
    scaled = f"RGB at 0-1 less ({mean}), divided by ({std})"
    facts = [
        f"Images: {image.size} x {image.size} pixels, {image.interpolation}: {square}, {scaled}.",
        f"Texts: at most {text.max_tokens} tokens"
        + (f", padded to {text.pad_to}" if text.pad_to else "")
        + (f"; cleaned: {', '.join(text.clean)}" if text.clean else "")
        + (f"; after the prompt {text.prompt!r}" if text.prompt else "")
        + ".",
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def _deeper(markdown: str) -> str:
    """Its headings one level down; lines of code stay as they are."""
    lines, code = [], False
    for line in markdown.splitlines():
        code ^= line.lstrip().startswith("```")
        lines.append(f"#{line}" if line.startswith("#") and not code else line)
    return "\n".join(lines)
