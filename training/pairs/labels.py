"""Pairs of images with their labels, put into words by templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from training.pairs.pair import Pair
from training.pairs.place import Place
from training.pairs.settings import Labels, columns_of
from training.pairs.shelf import Shelf, fact, views
from training.pairs.source import Built


@dataclass(frozen=True)
class Template:
    """A text with columns in braces."""

    text: str
    columns: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Template:
        return cls(text, columns_of(text))

    def filled(self, shelf: Shelf, row: int) -> str | None:
        """The text of a row; None where one of its columns is empty."""
        values = {column: shelf.text(column, row) for column in self.columns}
        return self.text.format(**values) if all(values.values()) else None


class LabelPairs:
    """A pair for each row that some template fits; `random` picks which of those."""

    def __init__(
        self, name: str, shelf: Shelf, rows: NDArray[np.int64], templates: Sequence[Template]
    ) -> None:
        self._name = name
        self._shelf = shelf
        self._rows = rows
        self._templates = tuple(templates)

    @property
    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._rows)

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        row = int(self._rows[index])
        changed = views(self._shelf.settings, random)
        fitting = [each for each in self._templates if each.filled(self._shelf, row)]
        template = fitting[int(random.integers(len(fitting)))]
        asks = (fact(column, self._shelf.text(column, row)) for column in template.columns)
        return Pair(
            anchor=template.filled(self._shelf, row) or "",
            positive=self._shelf.image(row),
            weight=self._shelf.settings.weight,
            product=self._shelf.product(row),
            source=self._name,
            asks=frozenset(asks),
            facts=self._shelf.facts(row),
            views=changed,
        )


def build(name: str, settings: Labels, place: Place) -> Built:
    """The source as `settings` say. Raises SourceError where no row fits any template."""
    templates = [Template.of(text) for text in settings.templates]
    columns = tuple(dict.fromkeys(column for each in templates for column in each.columns))
    shelf = Shelf.open(settings, place, facts=columns)
    filled = {column: np.array([bool(x) for x in shelf.rows.texts(column)]) for column in columns}
    fits = np.zeros(len(shelf.numbers), dtype=bool)
    for template in templates:
        fits |= np.logical_and.reduce([filled[column] for column in template.columns])
    if not fits.any():
        raise SourceError(
            f"{shelf.rows.name} has no row with all the columns of any template.",
            hint="Add a template that names fewer columns.",
            field="templates",
        )
    train, held = shelf.parts(shelf.numbers[fits])
    without = int((~fits).sum())
    return Built(
        source=LabelPairs(name, shelf, train, templates),
        share=settings.share,
        held_out=LabelPairs(name, shelf, held, templates) if len(held) else None,
        notes=(f"{without:,} rows of {name} fit no template.",) if without else (),
        skips=shelf.rows.skips,
    )
