"""Pairs of images with texts of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from training.pairs.pair import Pair
from training.pairs.place import Place
from training.pairs.settings import Captions
from training.pairs.shelf import Shelf, views
from training.pairs.source import Built


class CaptionPairs:
    """A pair for each row with a text; `random` picks which of its texts, by weight."""

    def __init__(
        self, name: str, shelf: Shelf, rows: NDArray[np.int64], columns: Sequence[str]
    ) -> None:
        self._name = name
        self._shelf = shelf
        self._rows = rows
        self._columns = tuple(columns)

    @property
    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._rows)

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        row = int(self._rows[index])
        changed = views(self._shelf.settings, random)
        return Pair(
            anchor=self._text(row, random),
            positive=self._shelf.image(row),
            weight=self._shelf.settings.weight,
            product=self._shelf.product(row),
            source=self._name,
            facts=self._shelf.facts(row),
            views=changed,
        )

    def _text(self, row: int, random: np.random.Generator) -> str:
        settings = self._shelf.settings
        weights = settings.texts if isinstance(settings, Captions) else {}
        texts = [(column, self._shelf.text(column, row)) for column in self._columns]
        found = [(text, weights.get(column, 1.0)) for column, text in texts if text]
        return found[drawn([weight for _, weight in found], random)][0]


def drawn(weights: Sequence[float], random: np.random.Generator) -> int:
    """A place, by weight; draws one number, however many places there are."""
    ends = np.cumsum(weights)
    return min(int(np.searchsorted(ends, random.random() * ends[-1], "right")), len(ends) - 1)


def build(name: str, settings: Captions, place: Place) -> Built:
    """The source as `settings` say. Raises SourceError where no row has a text."""
    shelf = Shelf.open(settings, place, tuple(settings.texts))
    columns = texts_columns(shelf)
    rows = shelf.numbers
    has_text = np.zeros(len(rows), dtype=bool)
    for column in columns:
        has_text |= np.array([bool(text) for text in shelf.rows.texts(column)])
    if not has_text.any():
        listed = ", ".join(f"'{column}'" for column in columns)
        raise SourceError(f"{shelf.rows.name} has no text in {listed}.", field="texts")
    train, held = shelf.parts(rows[has_text])
    without = int((~has_text).sum())
    return Built(
        source=CaptionPairs(name, shelf, train, columns),
        share=settings.share,
        held_out=CaptionPairs(name, shelf, held, columns) if len(held) else None,
        notes=(f"{without:,} rows of {name} have no text.",) if without else (),
        skips=shelf.rows.skips,
    )


def texts_columns(shelf: Shelf) -> tuple[str, ...]:
    """The columns of texts: those of the settings, or else the one that looks like a title."""
    settings = shelf.settings
    if isinstance(settings, Captions) and settings.texts:
        return tuple(settings.texts)
    if shelf.rows.title_column is None:
        raise SourceError(
            f"{shelf.rows.name} has no column that looks like a title.",
            hint="Name the columns with 'texts'.",
            field="texts",
        )
    return (shelf.rows.title_column,)
