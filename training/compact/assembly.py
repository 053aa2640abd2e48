"""Puts sources, features and texts together into tables to train on and galleries to measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training.compact.classes import RowTable, SceneTable, Spread, residuals, scenes
from training.compact.emoji import emoji
from training.compact.features import ZOOM, Extractor
from training.compact.image_trunk import COLOUR, DEEP, class_layer, class_rows, deep_mean
from training.compact.loop import Tables
from training.compact.openclipart import openclipart
from training.compact.pairs import RealTable, Table, Vocabulary, padded
from training.compact.recipe import Recipe
from training.compact.scores import Gallery
from training.compact.shapes import shapes
from training.compact.sources import Sample, Source, clothing, fashion, grocery, grocery_held
from training.compact.wordnet import class_texts, read_nouns

_TITLED = ("fashion", "openclipart", "stamps")
"""Sources whose first text is meant for one image."""


@dataclass(frozen=True)
class Places:
    """Where the data lie: the Parquet files, and the unpacked packages of the emoji."""

    data: Path
    emoji: Path


@dataclass(frozen=True)
class Held:
    """Held-out images of one source by resize rule, with the texts that should find them."""

    name: str
    features: dict[str, Tensor]
    titles: Sequence[str]
    kinds: Sequence[str]

    def gallery(self, head: nn.Module, rule: str) -> Gallery:
        """The gallery as the head sees it."""
        with torch.inference_mode():
            images = head(self.features.get(rule, self.features["pad"])).numpy()
        return Gallery(self.name, images, self.titles, self.kinds)


@dataclass(frozen=True)
class Material:
    """All there is to train on and to measure with.

    classifier: float32 (classes, DEEP) and (classes,), from deep features to logits.
    class_texts: int64 (classes, most), ids of the texts of each class, filled up with -1.
    centre: float32 (width,). sample: float32 (n, width), image features to scale heads by.
    """

    tables: Tables
    held: Sequence[Held]
    vocabulary: Vocabulary
    classifier: tuple[Tensor, Tensor]
    class_texts: Tensor
    centre: Tensor
    sample: Tensor


def sources(recipe: Recipe, places: Places) -> list[Source]:
    """Those to train on."""
    held = recipe.held_out
    return [
        fashion(places.data, held.fashion),
        openclipart(held_share=held.openclipart),
        grocery(places.data),
        clothing(places.data, held.clothing),
        emoji(places.emoji),
        shapes(),
    ]


def gather(
    recipe: Recipe, places: Places, extractor: Extractor, classifier: Any, *, whole: bool = False
) -> Material:
    """Reads every source, extracts what the cache lacks.

    Args:
        whole: train on the held-out groups, too; there is nothing to measure on then.
    """
    vocabulary = Vocabulary()
    mean = torch.from_numpy(deep_mean(classifier))
    real: list[tuple[RealTable, float]] = []
    held, kept = [], []
    for source in sources(recipe, places):
        views = _views(source, extractor)
        rows = [i for i, sample in enumerate(source.samples) if whole or not source.held(sample)]
        texts = _texts(source, extractor)
        table = RealTable.of(
            [v[rows] for v in views], padded([vocabulary.ids(texts[i]) for i in rows])
        )
        real.append((table, getattr(recipe.shares, source.name)))
        if source.name in recipe.donors:
            kept.append(residuals(table.views[0], [source.samples[i].kind for i in rows]))
        if source.held_share and not whole:
            held.append(_held(source, views[0], extractor))
    everything = torch.cat([table.views[0] for table, _ in real])
    length = float((everything[:, :DEEP] - mean).norm(dim=1).mean())
    spread = Spread(mean, torch.cat(kept), length, recipe.push)
    made, own = _class_tables(recipe, classifier, vocabulary, spread)
    if not whole:
        held.append(unseen(grocery_held(places.data), extractor))
    return Material(
        Tables(_shares([*real, *made]), _shares(real)),
        held,
        vocabulary,
        class_layer(classifier),
        own,
        torch.cat([mean, everything[:, DEEP:].mean(0)]),
        everything[::5],
    )


def blocks() -> tuple[int, int]:
    """Widths of the trunk's two kinds of features."""
    return DEEP, COLOUR


def _shares(tables: Sequence[tuple[Any, float]]) -> list[tuple[Any, float]]:
    total = sum(share for _, share in tables)
    return [(table, share / total) for table, share in tables if share]


def _views(source: Source, extractor: Extractor) -> list[Tensor]:
    return [
        torch.from_numpy(extractor.features(source, source.samples, view)) for view in ("pad", ZOOM)
    ]


def _class_tables(
    recipe: Recipe, classifier: Any, vocabulary: Vocabulary, spread: Spread
) -> tuple[list[tuple[Table, float]], Tensor]:
    """Tables made of the classifier's rows, and the ids of each class's texts."""
    rows = torch.from_numpy(class_rows(classifier))
    rows = nn.functional.normalize(rows - rows.mean(0), dim=1)
    texts = class_texts(read_nouns())
    own = padded([vocabulary.ids(row) for row in texts])
    made: list[tuple[Table, float]] = [(RowTable(rows, own, spread), recipe.shares.rows)]
    if recipe.scene_captions:
        names = [row[0] for row in texts]
        pairs, captions = scenes(names, recipe.scene_captions, recipe.seed)
        ids = torch.tensor(vocabulary.ids(captions))
        made.append((SceneTable(rows, pairs, ids, spread), recipe.shares.scenes))
    return made, own


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
            views[rule] = torch.from_numpy(extractor.features(source, samples, rule))
    titles = [sample.texts[0] for sample in samples] if source.name in _TITLED else []
    return Held(source.name, views, titles, [sample.kind for sample in samples])


def unseen(source: Source, extractor: Extractor) -> Held:
    """All of a source, to measure on only."""
    features = torch.from_numpy(extractor.features(source, source.samples, "pad"))
    titled = source.name in _TITLED
    titles = [sample.texts[0] for sample in source.samples] if titled else []
    kinds = [] if titled else [sample.kind for sample in source.samples]
    return Held(source.name, {"pad": features}, titles, kinds)
