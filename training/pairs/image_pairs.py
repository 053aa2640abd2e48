"""Pairs of two images: two views of one, or two that share a product or a label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from training.pairs.identity import text_key
from training.pairs.pair import Pair
from training.pairs.place import Place
from training.pairs.settings import Augmented, Shared
from training.pairs.shelf import Shelf, fact, views
from training.pairs.source import Built


class AugmentedPairs:
    """A pair for each row: two views of its image, which differ by the augmentation alone."""

    def __init__(self, name: str, shelf: Shelf, rows: NDArray[np.int64]) -> None:
        self._name = name
        self._shelf = shelf
        self._rows = rows

    @property
    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._rows)

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        row = int(self._rows[index])
        image = self._shelf.image(row)
        return Pair(
            anchor=image,
            positive=image,
            weight=self._shelf.settings.weight,
            product=self._shelf.product(row),
            source=self._name,
            facts=self._shelf.facts(row),
            views=views(self._shelf.settings, random),
        )


class SharedPairs:
    """A pair for each row whose value another row has, too; `random` picks the partner.

    Args:
        rows: int64, sorted so that rows of one value are neighbours.
        starts: int64 (groups + 1,), where each group of one value starts in `rows`.
    """

    def __init__(
        self, name: str, shelf: Shelf, rows: NDArray[np.int64], starts: NDArray[np.int64], by: str
    ) -> None:
        self._name = name
        self._shelf = shelf
        self._rows = rows
        self._starts = starts
        self._by = by

    @property
    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._rows)

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        group = int(np.searchsorted(self._starts, index, "right")) - 1
        start, end = int(self._starts[group]), int(self._starts[group + 1])
        other = start + int(random.integers(end - start - 1))
        other += other >= index  # never the image itself
        row, partner = int(self._rows[index]), int(self._rows[other])
        shared = fact(self._by, self._shelf.text(self._by, row))
        product = self._shelf.product(row)
        return Pair(
            anchor=self._shelf.image(row),
            positive=self._shelf.image(partner),
            weight=self._shelf.settings.weight,
            product=product if product == self._shelf.product(partner) else None,
            source=self._name,
            asks=frozenset({shared}),
            facts=self._shelf.facts(row) & self._shelf.facts(partner),
            views=views(self._shelf.settings, random),
        )

    @classmethod
    def of(cls, name: str, shelf: Shelf, rows: NDArray[np.int64], by: str) -> SharedPairs | None:
        """The pairs among `rows`; None where no two share a value."""
        values = np.array([text_key(value) for value in shelf.rows.texts(by, rows)], dtype=object)
        order = np.argsort(values, kind="stable")
        names, first, counts = np.unique(values[order], return_index=True, return_counts=True)
        groups = [
            order[start : start + count]
            for value, start, count in zip(names, first, counts, strict=True)
            if value and count > 1
        ]
        if not groups:
            return None
        starts = np.cumsum([0, *(len(group) for group in groups)])
        return cls(name, shelf, rows[np.concatenate(groups)], starts, by)


def build_augmented(name: str, settings: Augmented, place: Place) -> Built:
    """The source as `settings` say."""
    shelf = Shelf.open(settings, place)
    train, held = shelf.parts(shelf.numbers)
    return Built(
        source=AugmentedPairs(name, shelf, train),
        share=settings.share,
        held_out=AugmentedPairs(name, shelf, held) if len(held) else None,
        skips=shelf.rows.skips,
    )


def build_shared(name: str, settings: Shared, place: Place) -> Built:
    """The source as `settings` say. Raises SourceError where no two rows share a value."""
    shelf = Shelf.open(settings, place, facts=(settings.by,))
    train, held = shelf.parts(shelf.numbers)
    source = SharedPairs.of(name, shelf, train, settings.by)
    if source is None:
        raise SourceError(
            f"No two images of {shelf.rows.name} to train on share a value of '{settings.by}'.",
            hint="Pair by a column whose values come up more than once.",
            field="by",
        )
    without = len(train) - len(source)
    return Built(
        source=source,
        share=settings.share,
        held_out=SharedPairs.of(name, shelf, held, settings.by) if len(held) else None,
        notes=(f"{without:,} rows of {name} share '{settings.by}' with no other.",)
        if without
        else (),
        skips=shelf.rows.skips,
    )
