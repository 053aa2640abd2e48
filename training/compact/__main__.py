"""`python -m training.compact`: trains the compact towers, measures them, writes their bundle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID

from encoders.images import ResizeRule, decode_image, to_pixels
from training.compact import card
from training.compact.assembly import Held, gather
from training.compact.calibration import fit_image, fit_text
from training.compact.export import Facts, ImageSide, TextSide, Towers, export
from training.compact.features import Extractor, open_extractor
from training.compact.heads import NESTED
from training.compact.image_trunk import MEAN, SIZE, STD, ImageTrunk, load_classifier
from training.compact.recipe import Recipe, Trained, encoder, run
from training.compact.scores import Encode, score
from training.compact.sources import Source, fashion, stamps
from training.compact.text_table import text_features
from training.compact.text_trunk import TextTrunk, load_tokenizer, load_transformer

VERSION = "0.1.0"
RESIZE: ResizeRule = "pad"
"""Chosen by the held-out scores of the three rules; the model card shows them."""


@dataclass
class Shown:
    """A progress bar a task, drawn by rich."""

    bars: Bars
    task: TaskID | None = None
    what: str = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if self.task is None or what.split(",")[0] != self.what:
            self.what = what.split(",")[0]
            self.task = self.bars.add_task(what, total=total)
        self.bars.update(self.task, completed=done, description=what)
        if done % max(1, total // 10) == 0:
            self.bars.console.log(f"{what}: {done} of {total}")


def main(
    out: Annotated[Path, typer.Option(help="Where to write the bundle.")],
    data: Annotated[Path, typer.Option(help="Folder of the Parquet train files.")],
    cache: Annotated[Path, typer.Option(help="Features are kept here.")] = Path(".cache/compact"),
    stamps_dir: Annotated[
        Path | None, typer.Option("--stamps", help="Tux Paint's stamps, to measure on.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Steps with frozen trunks.")] = Recipe.steps,
    tune_steps: Annotated[
        int, typer.Option(help="Steps with the text trunk's top layers.")
    ] = Recipe.tune_steps,
    seed: int = Recipe.seed,
) -> None:
    """Trains the compact towers and writes encoders/compact or another bundle."""
    recipe = replace(Recipe(), steps=steps, tune_steps=tune_steps, seed=seed)
    console = Console()
    classifier, transformer = load_classifier(), load_transformer()
    trunk = ImageTrunk(classifier).eval()
    with Bars(console=console) as bars:
        shown = Shown(bars)
        extractor = open_extractor(trunk, cache, shown)
        material = gather(data, extractor, classifier, zoomed=True)
        texts = material.vocabulary.texts
        frozen = TextTrunk(transformer)
        features = text_features(frozen, load_tokenizer(), texts, cache, shown)
        trained = run(recipe, material, features, transformer, shown)
        held = [*material.held, *_stamps(stamps_dir, extractor)]
    encode = encoder(trained)
    table = measure(held, trained, encode)
    galleries = [each.gallery(trained.image, RESIZE) for each in material.held]
    fits = {"text": fit_text(galleries, encode), "image": fit_image(galleries)}
    towers = Towers(
        ImageSide(trunk, trained.image), TextSide(trained.trunk, trained.text), load_tokenizer()
    )
    probes = texts[:: max(1, len(texts) // 64)]
    drift = export(towers, Facts(VERSION, RESIZE, fits), _pixels(fashion(data)), probes, out)
    (out / "README.md").write_text(card.text(recipe, table, fits, drift))
    console.print_json(data={"scores": table, "least cosine to torch": drift})


def measure(held: list[Held], trained: Trained, encode: Encode) -> dict[str, dict[str, float]]:
    """Held-out scores by '<resize rule> <dim>'."""
    table: dict[str, dict[str, float]] = {}
    cases = [(RESIZE, dim) for dim in NESTED] + [("crop", 256), ("pad", 256), ("squash", 256)]
    for rule, dim in cases:
        scores: dict[str, float] = {}
        for each in held:
            scores |= score(each.gallery(trained.image, rule), encode, dim)
        table[f"{rule} {dim}"] = {name: round(value, 3) for name, value in scores.items()}
    return table


def _stamps(root: Path | None, extractor: Extractor) -> list[Held]:
    if root is None:
        return []
    source = stamps(root)
    features = torch.from_numpy(extractor.features(source, source.samples, "pad", "all"))
    titles = [sample.texts[0] for sample in source.samples]
    return [Held(source.name, {"pad": features}, titles, [])]


def _pixels(source: Source) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    images = [decode_image(sample.load()) for sample in source.samples[:640:20]]
    return np.stack([to_pixels(image, SIZE, RESIZE, MEAN, STD) for image in images])


if __name__ == "__main__":
    typer.run(main)
