"""The whole way: features, a twin that is measured, the weights that ship, the bundle, its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from encoders.images import ResizeRule, decode_image, to_pixels
from training.compact import card
from training.compact.assembly import Held, Material, Places, gather, unseen
from training.compact.calibration import fit_image, fit_text
from training.compact.export import Facts, ImageSide, TextSide, Towers, export
from training.compact.features import Extractor, Progress, open_extractor
from training.compact.heads import DIM, NESTED
from training.compact.image_trunk import MEAN, SIZE, STD, ImageTrunk, load_classifier
from training.compact.recipe import Recipe
from training.compact.run import Trained, encoder, run
from training.compact.scores import Encode, score
from training.compact.sources import Source, fashion, stamps
from training.compact.text_table import text_features
from training.compact.text_trunk import TextTrunk, load_tokenizer, load_transformer

VERSION = "0.3.0"
RESIZE: ResizeRule = "pad"
"""Chosen by the held-out scores of the three rules; the model card shows them."""

Table = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Made:
    """Held-out scores by '<resize rule> <dim>', and the least cosines of the export to torch."""

    scores: Table
    drift: dict[str, float]


def make(
    recipe: Recipe,
    places: Places,
    out: Path,
    *,
    cache: Path,
    stamps_root: Path | None,
    progress: Progress,
) -> Made:
    """Trains, measures, calibrates, exports to `out`. Raises EncoderError when ONNX drifts."""
    classifier, trunk = load_classifier(), TextTrunk(load_transformer()).eval()
    image_trunk = ImageTrunk(classifier).eval()
    extractor = open_extractor(image_trunk, cache, progress)

    def features(texts: Sequence[str]) -> Tensor:
        return text_features(trunk, load_tokenizer(), texts, cache, progress)

    material = gather(recipe, places, extractor, classifier)
    twin = run(recipe, material, features(material.vocabulary.texts), progress)
    encode = encoder(twin.text, features)
    held = [*material.held, *_stamps(stamps_root, extractor)]
    scores = measure(held, twin, encode)
    galleries = [each.gallery(twin.image, RESIZE) for each in material.held]
    fits = {"text": fit_text(galleries, encode), "image": fit_image(galleries)}
    shipped = twin
    if recipe.refit:
        whole = gather(recipe, places, extractor, classifier, whole=True)
        shipped = run(recipe, whole, features(whole.vocabulary.texts), progress)
    towers = Towers(
        ImageSide(image_trunk, shipped.image), TextSide(trunk, shipped.text), load_tokenizer()
    )
    drift = export(
        towers, Facts(VERSION, RESIZE, fits), _pixels(fashion(places.data)), _probes(material), out
    )
    sizes = {each.name: len(each.features["pad"]) for each in held}
    (out / "README.md").write_text(card.text(recipe, scores, sizes, fits, drift), encoding="utf-8")
    return Made(scores, drift)


def measure(held: list[Held], trained: Trained, encode: Encode) -> Table:
    """Held-out scores by '<resize rule> <dim>'."""
    table: Table = {}
    cases = [(RESIZE, dim) for dim in NESTED] + [("crop", DIM), ("squash", DIM)]
    for rule, dim in cases:
        scores: dict[str, float] = {}
        for each in held:
            scores |= score(each.gallery(trained.image, rule), encode, dim)
        table[f"{rule} {dim}"] = {name: round(value, 3) for name, value in scores.items()}
    return table


def _stamps(root: Path | None, extractor: Extractor) -> list[Held]:
    return [] if root is None else [unseen(stamps(root), extractor)]


def _probes(material: Material) -> list[str]:
    texts = material.vocabulary.texts
    return texts[:: max(1, len(texts) // 64)]


def _pixels(source: Source) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    images = [decode_image(sample.load()) for sample in source.samples[:640:20]]
    return np.stack([to_pixels(image, SIZE, RESIZE, MEAN, STD) for image in images])
