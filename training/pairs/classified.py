"""Pairs of images with a classifier's labels as weak texts, computed once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from training.pairs.classifier import (
    Classifier,
    Preprocessing,
    onnx_classifier,
    read_labels,
    timm_classifier,
)
from training.pairs.labelling import labelled
from training.pairs.pair import Pair
from training.pairs.place import Place
from training.pairs.settings import Classified
from training.pairs.shelf import Shelf, fact, views
from training.pairs.source import Built


class ClassifiedPairs:
    """A pair for each label that an image has with enough confidence.

    Arrays are of shape (n,): the rows, the labels' numbers, the labels' probabilities.
    """

    def __init__(
        self,
        name: str,
        shelf: Shelf,
        rows: NDArray[np.int64],
        labels: NDArray[np.int64],
        confidences: NDArray[np.float32],
        names: Sequence[Sequence[str]],
        templates: Sequence[str],
    ) -> None:
        self._name = name
        self._shelf = shelf
        self._rows = rows
        self._labels = labels
        self._confidences = confidences
        self._names = names
        self._templates = tuple(templates)

    @property
    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._rows)

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        row, label = int(self._rows[index]), int(self._labels[index])
        changed = views(self._shelf.settings, random)
        names = self._names[label]
        name = names[int(random.integers(len(names)))]
        template = self._templates[int(random.integers(len(self._templates)))]
        said = fact("label", names[0])
        return Pair(
            anchor=template.format(label=name),
            positive=self._shelf.image(row),
            weight=float(self._confidences[index]) * self._shelf.settings.weight,
            product=self._shelf.product(row),
            source=self._name,
            asks=frozenset({said}),
            facts=self._shelf.facts(row) | {said},
            views=changed,
        )


def build(name: str, settings: Classified, place: Place) -> Built:
    """The source as `settings` say; runs the classifier over all images unless that was done.

    Raises SourceError where no image has a label of enough confidence, EncoderError where the
    classifier can't be loaded, StorageFull and StoreError where the labels can't be kept.
    """
    shelf = Shelf.open(settings, place)
    lines = read_labels(place.of(settings.labels))
    classifier = load_classifier(settings, place)
    _check_outputs(classifier, lines, settings)
    table, skips = labelled(shelf, classifier, settings.batch, place)
    rows, labels, confidences, ranks = (
        table.column(column).to_numpy() for column in ("row", "label", "confidence", "rank")
    )
    sure = (confidences >= settings.threshold) & (ranks < settings.most)
    if not sure.any():
        raise SourceError(
            f"No image of {shelf.rows.name} has a label of probability {settings.threshold:g}.",
            hint="Lower 'threshold'.",
            field="threshold",
        )
    names = [names_of(line, settings.separator) for line in lines]
    train, held = shelf.parts(np.unique(rows[sure]))

    def pairs(part: NDArray[np.int64]) -> ClassifiedPairs:
        kept = sure & np.isin(rows, part)
        return ClassifiedPairs(
            name, shelf, rows[kept], labels[kept], confidences[kept], names, settings.templates
        )

    without = len(shelf.numbers) - len(train) - len(held) - len(skips)
    return Built(
        source=pairs(train),
        share=settings.share,
        held_out=pairs(held) if len(held) else None,
        notes=(f"{without:,} images of {name} have no label that is sure enough.",)
        if without
        else (),
        skips=(*shelf.rows.skips, *skips),
    )


def load_classifier(settings: Classified, place: Place) -> Classifier:
    """The classifier that `settings` name. Raises EncoderError."""
    kind, _, name = settings.model.partition(":")
    if kind == "timm":
        assert settings.checkpoint is not None
        return timm_classifier(name, place.of(settings.checkpoint))
    made = Preprocessing(settings.size, settings.resize, settings.mean, settings.std)
    return onnx_classifier(place.of(name), made)


def _check_outputs(classifier: Classifier, lines: Sequence[str], settings: Classified) -> None:
    """Raises SourceError unless there is a label for each output."""
    side = classifier.preprocessing.size
    outputs = classifier.logits(np.zeros((1, 3, side, side), dtype=np.float32)).shape[-1]
    if outputs != len(lines):
        raise SourceError(
            f"{settings.labels} has {len(lines):,} labels; the classifier has {outputs:,} outputs.",
            hint="The file needs a line for each output, in their order.",
            field="labels",
        )


def names_of(line: str, separator: str | None) -> tuple[str, ...]:
    """The names of one label, in order; the whole line without a separator."""
    names = line.split(separator) if separator else [line]
    return tuple(name.strip() for name in names if name.strip()) or (line,)
