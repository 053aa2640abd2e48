"""From a model in PyTorch to a bundle: written, compared with the model, and only then kept."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from core.errors import EncoderError
from encoders.bundle import (
    MANIFEST,
    BundleEncoder,
    Calibration,
    ImageTower,
    Manifest,
    TextTower,
    file_sha256,
)
from encoders.encoder import detail
from encoders.sentence.encoder import SentenceEncoder
from training.export.card import card
from training.export.destination import check_destination, written
from training.export.drift import Drift, Truth, check, speed
from training.export.graphs import write_graphs
from training.export.precision import Kept, Precision, keep_image, keep_text
from training.export.probes import Pictures, pictures
from training.export.report import ExportReport
from training.export.tokens import plain

_IMAGE, _TEXT = "image.onnx", "text.onnx"
_FULL = ".full"
"""Folder of the towers in fp32, while a bundle is being written."""

Told = Callable[[str], None]
"""Hears what is being done, for people who wait."""


@dataclass(frozen=True)
class Wishes:
    """What a bundle is to say of itself, and how it is to be made.

    Attributes:
        origin: the spec of the model, for the card.
        calibration_images: folder of images like those that will be searched, or None.
        calibration: fits of relevance by kind of query.
        card: what is known of the model, Markdown, for the end of the bundle's card.
        force: replace a bundle, and keep one whose vectors drift more than they should.
        notes: more for the report and the card.
    """

    name: str
    version: str = "1"
    licence: str = "unknown"
    origin: str = ""
    precision: Precision = "fp32"
    calibration_images: Path | None = None
    nested_dims: tuple[int, ...] = ()
    calibration: Mapping[str, Calibration] = field(default_factory=dict)
    card: str = ""
    force: bool = False
    notes: tuple[str, ...] = ()


def export_bundle(
    model: SentenceTransformer, directory: Path, wishes: Wishes, told: Told = lambda _: None
) -> ExportReport:
    """Writes `model` as a bundle to `directory`, whole or not at all; `model` stays as it is.

    Raises EncoderError if the directory is taken, if a bundle can't hold the model or its towers
    can't be traced, and if the bundle's vectors drift from the model's (see LEAST_COSINE).
    """
    check_destination(directory, force=wishes.force)
    reference = SentenceEncoder(in_full(model), wishes.name)
    wishes = replace(wishes, nested_dims=_nested(wishes.nested_dims, reference.dim))
    shown = pictures(wishes.calibration_images, detail(reference))
    told("Vectors of the model in PyTorch")
    truth = Truth.of(reference, shown.images)
    with written(directory, force=wishes.force) as out:
        full = out / _FULL
        full.mkdir()
        told("The towers as ONNX")
        tower = write_graphs(reference, full)
        plain(reference.preprocessing.tokenizer).save(str(out / tower.tokenizer))
        bundle = _Draft(reference, wishes, shown, tower, out)
        told("Vectors of the bundle in fp32")
        kept = bundle.keep("fp32")
        found = truth.drift(bundle.opened(kept))
        notes = check(found, "fp32", force=wishes.force)
        if wishes.precision != "fp32":
            told(f"The towers in {wishes.precision}")
            kept = bundle.keep(wishes.precision)
            found = truth.drift(bundle.opened(kept))
            notes = check(found, wishes.precision, force=wishes.force)
        shutil.rmtree(full)
        told("Speed")
        report = bundle.report(kept, found, notes, directory)
        (out / "README.md").write_text(card(report, bundle.manifest(kept), wishes.card))
    return report


def in_full(model: SentenceTransformer) -> SentenceTransformer:
    """`model` in fp32 on the processor: itself, or a copy where it is not so."""
    tensors = [*model.parameters(), *model.buffers()]
    ready = all(
        tensor.device.type == "cpu"
        and (tensor.dtype == torch.float32 or not tensor.is_floating_point())
        for tensor in tensors
    )
    return model if ready else copy.deepcopy(model).to("cpu").float()


def _nested(given: Sequence[int], dim: int) -> tuple[int, ...]:
    wrong = [each for each in given if not 0 < each <= dim]
    if wrong:
        raise EncoderError(
            f"The vectors have {dim} dimensions; {wrong[0]} of them can't be nested.",
            hint="Nested dimensions are lengths of prefixes: more than 0, fewer than all.",
        )
    return tuple(sorted({each for each in given if each < dim}))


@dataclass(frozen=True)
class _Draft:
    """A bundle that is being written to `out`."""

    reference: SentenceEncoder
    wishes: Wishes
    shown: Pictures
    tower: TextTower
    out: Path

    def keep(self, precision: Precision) -> dict[str, Kept]:
        """Writes both towers' files from those in full, over what is there."""
        for path in self.out.glob("*.onnx*"):
            path.unlink()
        full = self.out / _FULL
        pixels = [self.reference.pixels(image) for image in self.shown.images]
        calibrated = self.wishes.calibration_images is not None
        return {
            "image": keep_image(
                full / _IMAGE, self.out / _IMAGE, precision, pixels, calibrated=calibrated
            ),
            "text": keep_text(full / _TEXT, self.out / _TEXT, precision),
        }

    def manifest(self, kept: Mapping[str, Kept]) -> Manifest:
        preprocessing, wishes = self.reference.preprocessing, self.wishes
        files = [*kept["image"].files, *kept["text"].files, self.tower.tokenizer]
        return Manifest(
            format=1,
            name=wishes.name,
            version=wishes.version,
            dim=self.reference.dim,
            nested_dims=wishes.nested_dims,
            image=ImageTower(
                file=_IMAGE,
                size=preprocessing.size,
                resize=preprocessing.resize,
                interpolation=preprocessing.interpolation,
                mean=preprocessing.mean,
                std=preprocessing.std,
            ),
            text=self.tower,
            calibration=dict(wishes.calibration),
            licence=wishes.licence,
            sha256={name: file_sha256(self.out / name) for name in files},
        )

    def opened(self, kept: Mapping[str, Kept]) -> BundleEncoder:
        """The bundle as it is served."""
        text = self.manifest(kept).model_dump_json(indent=2)
        (self.out / MANIFEST).write_text(text + "\n")
        return BundleEncoder(self.out)

    def report(
        self,
        kept: Mapping[str, Kept],
        found: Mapping[str, Drift],
        notes: Sequence[str],
        directory: Path,
    ) -> ExportReport:
        wishes, manifest = self.wishes, self.manifest(kept)
        skipped = [f"Not used to compare: {reason}" for reason in self.shown.skipped]
        told = [note for tower in kept.values() for note in tower.notes]
        weights = self.reference.model.state_dict().values()
        return ExportReport(
            directory=directory,
            origin=wishes.origin,
            name=manifest.name,
            version=manifest.version,
            licence=manifest.licence,
            dim=manifest.dim,
            nested_dims=manifest.nested_dims,
            precision=wishes.precision,
            methods={tower: each.method for tower, each in kept.items()},
            drift=found,
            pictures=f"{len(self.shown.images)} images ({self.shown.origin})",
            speed=speed(
                BundleEncoder(self.out), self.reference, self.shown.images[0], "a red flag"
            ),
            sizes={name: (self.out / name).stat().st_size for name in manifest.sha256},
            torch_bytes=sum(weight.numel() * weight.element_size() for weight in weights),
            notes=(*wishes.notes, *notes, *told, *skipped),
        )
