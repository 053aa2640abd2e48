"""Judgments resolved against a gallery: which rows are relevant to a query, by what grade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from eval.retrieval.encoding import Encoded
from eval.retrieval.tasks import RetrievalTask

Unknown: TypeAlias = Literal["refuse", "drop"]
"""What becomes of judgments that name unknown ids."""

_SHOWN = 5


@dataclass(frozen=True)
class Relevant:
    """Items of one query: int64 (n,) rows, and float64 (n,) grades over 0."""

    rows: NDArray[np.int64]
    grades: NDArray[np.float64]

    def only(self, kept: NDArray[np.bool_]) -> Relevant:
        return self if kept.all() else Relevant(self.rows[kept], self.grades[kept])


class Judgments:
    """The judgments of a task over its whole gallery.

    An inner mapping that several queries share is resolved once.

    Attributes:
        unknown_items, unknown_queries: ids in the judgments that the task does not have, sorted.

    Raises SourceError where there are such ids, and neither `unknown` nor the task says 'drop'.
    """

    def __init__(self, task: RetrievalTask, unknown: Unknown = "refuse") -> None:
        self._task = task
        self._row_of = {item: row for row, item in enumerate(task.item_ids)}
        self._resolved: dict[int, Relevant] = {}
        self.unknown_queries = tuple(sorted(set(task.qrels) - set(task.query_ids)))
        missing: set[str] = set()
        for grades in {id(inner): inner for inner in task.qrels.values()}.values():
            missing.update(item for item in grades if item not in self._row_of)
        self.unknown_items = tuple(sorted(missing))
        if unknown == "refuse" and not task.drop_unknown:
            _refuse(task.name, "items", self.unknown_items)
            _refuse(task.name, "queries", self.unknown_queries)

    def of(self, query: int) -> Relevant:
        """Items with a grade over 0 for the query of this row, without its own item where the task
        excludes it."""
        query_id = self._task.query_ids[query]
        found = self._resolve(self._task.qrels.get(query_id, {}))
        own = self._row_of.get(query_id) if self._task.exclude_self else None
        return found if own is None else found.only(found.rows != own)

    def counts(self, relevant: Relevant) -> bool:
        """Whether any of them is relevant in the binary metrics."""
        return bool((relevant.grades >= self._task.relevant_from).any())

    def own(self, query: int) -> int:
        """Row of the item that is the query itself; -1 where the task excludes none."""
        if not self._task.exclude_self:
            return -1
        return self._row_of.get(self._task.query_ids[query], -1)

    def _resolve(self, inner: Mapping[str, float]) -> Relevant:
        # By identity: the task holds every inner mapping, so no id is used twice.
        found = self._resolved.get(id(inner))
        if found is None:
            known = [
                (self._row_of[item], grade)
                for item, grade in inner.items()
                if grade > 0 and item in self._row_of
            ]
            found = Relevant(
                np.array([row for row, _ in known], dtype=np.int64),
                np.array([grade for _, grade in known], dtype=np.float64),
            )
            if inner:
                self._resolved[id(inner)] = found
        return found


@dataclass(frozen=True)
class Usable:
    """The queries that can be measured, against the part of the gallery that could be encoded.

    Attributes:
        places: int64 (n,), places of the queries among the encoded ones.
        rows: int64 (n,), their rows in the task.
        relevant: of each of them, rows of the task's gallery, readable ones only.
        unjudged, lost: ids of the others, see `LeftOut`.
    """

    places: NDArray[np.int64]
    rows: NDArray[np.int64]
    relevant: list[Relevant]
    unjudged: tuple[str, ...]
    lost: tuple[str, ...]


def usable_queries(
    task: RetrievalTask, judgments: Judgments, queries: Encoded, items: Encoded
) -> Usable:
    """Parts the queries. Raises SourceError when none is left."""
    readable = np.zeros(len(task.items), dtype=bool)
    readable[items.rows] = True
    places, relevant = [], []
    unjudged: list[str] = []
    lost: list[str] = []
    unreadable = {one.id for one in queries.skipped}
    place_of = {int(row): place for place, row in enumerate(queries.rows)}
    for row, query_id in enumerate(task.query_ids):
        wanted = judgments.of(row)
        left = wanted.only(readable[wanted.rows])
        if not judgments.counts(wanted):
            named = any(grade > 0 for grade in task.qrels.get(query_id, {}).values())
            (lost if named and judgments.unknown_items else unjudged).append(query_id)
        elif not judgments.counts(left):
            lost.append(query_id)
        elif query_id not in unreadable:
            places.append(place_of[row])
            relevant.append(left)
    if not places:
        raise SourceError(
            f"Task '{task.name}' has no query left to measure.",
            hint=f"Of {len(task.queries):,} queries {len(unjudged):,} have no relevant item, "
            f"{len(lost):,} lost theirs, and {len(unreadable):,} can't be read.",
        )
    kept = np.array(places, dtype=np.int64)
    return Usable(kept, queries.rows[kept], relevant, tuple(unjudged), tuple(lost))


def _refuse(task: str, what: str, unknown: Iterable[str]) -> None:
    named = list(unknown)
    if named:
        more = ", ..." if len(named) > _SHOWN else ""
        raise SourceError(
            f"The judgments of task '{task}' name {len(named):,} unknown {what}: "
            f"{', '.join(repr(name) for name in named[:_SHOWN])}{more}.",
            hint="Check that they are of this catalog, or set 'unknown: drop' to leave them out.",
            field="qrels",
        )
