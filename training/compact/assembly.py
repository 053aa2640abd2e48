"""Puts sources, features and texts together into tables to train on and galleries to measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.compact.features import ZOOM, Extractor
from training.compact.image_trunk import COLOUR, DEEP, class_rows, deep_mean
from training.compact.openclipart import openclipart
from training.compact.pairs import RealTable, RowTable, Table, Vocabulary, padded, residuals
from training.compact.scores import Gallery
from training.compact.sources import Sample, Source, clothing, fashion, grocery, grocery_held
from training.compact.wordnet import class_texts, read_nouns

SHARES = {"fashion": 0.26, "openclipart": 0.32, "grocery": 0.08, "clothing": 0.09, "rows": 0.25}
"""Of a batch, by table."""
DONORS = ("fashion", "grocery", "clothing")
"""Sources whose photos lend the classifier's rows their spread."""


@dataclass(frozen=True)
class Held:
    """Held-out images of one source by resize rule, with the texts that should find them."""

    name: str
    features: dict[str, Tensor]
    titles: Sequence[str]
    kinds: Sequence[str]

    def gallery(self, head: torch.nn.Module, rule: str) -> Gallery:
        """The gallery as the head sees it."""
        with torch.inference_mode():
            images = head(self.features.get(rule, self.features["pad"])).numpy()
        return Gallery(self.name, images, self.titles, self.kinds)


@dataclass(frozen=True)
class Material:
    """All there is to train on and to measure with."""

    tables: Sequence[tuple[Table, float]]
    held: Sequence[Held]
    vocabulary: Vocabulary
    centre: Tensor
    sample: Tensor


def gather(data: Path, extractor: Extractor, classifier: Any, *, zoomed: bool) -> Material:
    """Reads every source, extracts what the cache lacks. `data` holds the Parquet files."""
    vocabulary = Vocabulary()
    mean = torch.from_numpy(deep_mean(classifier))
    tables: list[tuple[Table, float]] = []
    held, kept = [], []
    for source in (fashion(data), openclipart(), grocery(data), clothing(data)):
        features = torch.from_numpy(extractor.features(source, source.samples, "pad", "all"))
        training = [i for i, sample in enumerate(source.samples) if not source.held(sample)]
        views = [features[training]]
        if zoomed:
            more = extractor.features(source, source.samples, ZOOM, "all")
            views.append(torch.from_numpy(more)[training])
        texts = _texts(source, extractor)
        ids = padded([vocabulary.ids(texts[i]) for i in training])
        tables.append((RealTable.of(views, ids), SHARES[source.name]))
        if source.name in DONORS:
            kept.append(residuals(views[0], [source.samples[i].kind for i in training]))
        if source.held_share:
            held.append(_held(source, features, extractor))
    donors = torch.cat(kept)
    everything = torch.cat([table.views[0] for table, _ in tables if isinstance(table, RealTable)])
    length = float((everything[:, :DEEP] - mean).norm(dim=1).mean())
    tables.append((_rows(classifier, vocabulary, mean, donors, length), SHARES["rows"]))
    held.append(_grocery_held(data, extractor))
    centre = torch.cat([mean, everything[:, DEEP:].mean(0)])
    return Material(tables, held, vocabulary, centre, everything[::5])


def blocks() -> tuple[int, int]:
    """Widths of the trunk's two kinds of features."""
    return DEEP, COLOUR


def _rows(
    classifier: Any, vocabulary: Vocabulary, mean: Tensor, donors: Tensor, length: float
) -> RowTable:
    rows = torch.from_numpy(class_rows(classifier))
    rows = torch.nn.functional.normalize(rows - rows.mean(0), dim=1)
    texts = padded([vocabulary.ids(texts) for texts in class_texts(read_nouns())])
    return RowTable(rows, texts, mean, donors, length)


def _texts(source: Source, extractor: Extractor) -> list[tuple[str, ...]]:
    """All texts of each sample, with colour words where the source has none of its own."""
    if not source.colours:
        return [sample.texts for sample in source.samples]
    colours = extractor.colours(source)
    return [with_colours(s, words) for s, words in zip(source.samples, colours, strict=True)]


def with_colours(sample: Sample, words: Sequence[str]) -> tuple[str, ...]:
    """The sample's texts, and some that name its colours before its shortest name."""
    name = min(sample.texts[:3], key=len)
    extra = [f"{word} {name}" for word in (*words[:1], *words[:1])]
    if len(words) > 1:
        extra.append(f"{words[1]} {sample.kind}")
    if words:
        extra.append(f"{words[0]} {sample.kind}")
    return (*sample.texts, *extra)


def _held(source: Source, features: Tensor, extractor: Extractor) -> Held:
    rows = [i for i, sample in enumerate(source.samples) if source.held(sample)]
    samples = [source.samples[i] for i in rows]
    views = {"pad": features[rows]}
    if source.colours:  # the other sources' images are square: the rules agree on them
        for rule in ("crop", "squash"):
            views[rule] = torch.from_numpy(extractor.features(source, samples, rule, "held"))
    titled = source.name in ("fashion", "openclipart")
    titles = [sample.texts[0] for sample in samples] if titled else []
    return Held(source.name, views, titles, [sample.kind for sample in samples])


def _grocery_held(data: Path, extractor: Extractor) -> Held:
    source = grocery_held(data)
    features = torch.from_numpy(extractor.features(source, source.samples, "pad", "all"))
    return Held("grocery", {"pad": features}, [], [sample.kind for sample in source.samples])
