"""Pairs of a query and an item that answers it, with items that don't."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.pairs.catalog_settings import QUERY, ItemCatalog, Split
from training.pairs.identity import text_key
from training.pairs.items import Items
from training.pairs.pair import Pair, Side
from training.pairs.shelf import check_parts, is_held_out, views
from training.pairs.skips import Skip
from training.pairs.source import Built


@dataclass(frozen=True)
class Answers:
    """Right answers to queries, with wrong ones. Arrays are of shape (n,).

    Attributes:
        queries: the distinct queries.
        query: int64, place in `queries`.
        row: int64, the right item's row.
        weight: float64, of the pair.
        negatives: int64 rows of wrong items, all of a query that are of use, hardest first if that
            is known.
    """

    queries: Sequence[Side]
    query: NDArray[np.int64]
    row: NDArray[np.int64]
    weight: NDArray[np.float64]
    negatives: Sequence[NDArray[np.int64]]

    def __len__(self) -> int:
        return len(self.query)

    def only(self, chosen: NDArray[np.bool_], *, without: frozenset[int] = frozenset()) -> Answers:
        """The answers chosen; the rows `without` are no negatives."""
        places = np.flatnonzero(chosen)
        barred = np.array(sorted(without), dtype=np.int64)
        negatives = [self.negatives[place] for place in places.tolist()]
        if without:
            negatives = [rows[~np.isin(rows, barred)] for rows in negatives]
        return replace(
            self,
            query=self.query[places],
            row=self.row[places],
            weight=self.weight[places],
            negatives=negatives,
        )


class QueryPairs:
    """A pair for each right answer; `random` picks at most `most` of its negatives, in order."""

    def __init__(self, name: str, items: Items, answers: Answers, most: int) -> None:
        self._name = name
        self._shelf = items.shelf
        self._answers = answers
        self._most = most

    @property
    def name(self) -> str:
        return self._name

    def __len__(self) -> int:
        return len(self._answers)

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        answers = self._answers
        row = int(answers.row[index])
        changed = views(self._shelf.settings, random)
        wrong = answers.negatives[index]
        if len(wrong) > self._most:
            wrong = wrong[np.sort(random.choice(len(wrong), self._most, replace=False))]
        return Pair(
            anchor=answers.queries[int(answers.query[index])],
            positive=self._shelf.image(row),
            negatives=tuple(self._shelf.image(int(negative)) for negative in wrong),
            weight=float(answers.weight[index]) * self._shelf.settings.weight,
            product=self._shelf.product(row),
            source=self._name,
            facts=self._shelf.facts(row),
            views=changed,
        )


def built(
    name: str,
    settings: ItemCatalog,
    items: Items,
    answers: Answers,
    *,
    notes: Sequence[str] = (),
    skips: Sequence[Skip] = (),
) -> Built:
    """The source of these answers, split as the settings say.

    Raises SettingsError where nothing or everything is held out.
    """
    train, held = parted(answers, items, settings.split)
    most = settings.negatives
    return Built(
        source=QueryPairs(name, items, train, most),
        share=settings.share,
        held_out=QueryPairs(name, items, held, most) if held is not None else None,
        notes=tuple(notes),
        skips=(*items.shelf.rows.skips, *skips),
    )


def parted(answers: Answers, items: Items, split: Split | None) -> tuple[Answers, Answers | None]:
    """The answers to train on, and those held out. Held-out items are no negatives either."""
    if split is None:
        return answers, None
    rows = items.shelf.rows
    if split.by == QUERY:
        keys = [query_key(query) for query in answers.queries]
        held = is_held_out([keys[place] for place in answers.query], split)
        barred: frozenset[int] = frozenset()
    else:
        held = is_held_out(rows.texts(split.by, answers.row), split)
        barred = frozenset(rows.numbers[is_held_out(rows.texts(split.by), split)].tolist())
    check_parts(held, split, rows.name)
    return answers.only(~held, without=barred), answers.only(held)


def query_key(query: Side) -> str:
    """Equal for queries that are the same."""
    if isinstance(query, str):
        return text_key(query)
    return query.reference or hashlib.sha256(query.data or b"").hexdigest()
