"""The outcome of an evaluation, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.retrieval.encoding import Skipped
from eval.retrieval.metrics import Gain
from eval.retrieval.resampling import Bootstrap, Interval
from eval.retrieval.tasks import Task

_NAMED = 20
"""Ids that are named in JSON where many were left out."""
_QUOTED = 3
"""The same for people."""


@dataclass(frozen=True)
class Slice:
    """The queries that share a value of an attribute."""

    value: str
    count: int
    means: Mapping[str, float]
    intervals: Mapping[str, Interval]


@dataclass(frozen=True)
class LeftOut:
    """What the figures are not about, and why.

    Attributes:
        unreadable_items: taken out of the gallery and of the judgments.
        unreadable_queries: left out.
        unjudged: ids of queries that no item is relevant to.
        lost: ids of queries whose relevant items are all unreadable or unknown.
        unknown_items: ids in the judgments that the gallery does not have.
        unknown_queries: ids in the judgments that no query has.
    """

    unreadable_items: tuple[Skipped, ...] = ()
    unreadable_queries: tuple[Skipped, ...] = ()
    unjudged: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unknown_items: tuple[str, ...] = ()
    unknown_queries: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For each kind the count, and the first of them by name."""
        return {
            kind: {"count": len(found), "first": list(found[:_NAMED])}
            for kind, found in asdict(self).items()
        }

    def sentences(self) -> list[str]:
        """For people; nothing where nothing was left out."""
        told = (
            (_named(self.unreadable_items), "Items that can't be used, left out"),
            (_named(self.unreadable_queries), "Images to ask about that can't be read, left out"),
            (self.unjudged, "Queries without any relevant item, left out"),
            (self.lost, "Queries whose relevant items are all unreadable or unknown, left out"),
            (self.unknown_items, "Judged items that are not in the gallery"),
            (self.unknown_queries, "Judged queries that are not asked"),
        )
        return [
            f"{what}: {len(found):,} ({'; '.join(found[:_QUOTED])}"
            f"{'; ...' if len(found) > _QUOTED else ''})."
            for found, what in told
            if found
        ]


@dataclass(frozen=True)
class Evaluation:
    """One encoder, or one way of searching, on one task.

    Attributes:
        encoder: name, for people.
        fingerprint: of the encoder; "" where there is none.
        ks: the cuts, those larger than the gallery left out.
        rows: int64 (queries,), rows of the evaluated queries among the task's queries (the task's
            items for zero-shot classification). All per-query arrays have this order.
        per_query: float64 (queries,) by metric; names as `eval.retrieval.metrics`.
        means: by metric, the mean over queries; for 'median_rank' the median.
        intervals: by metric, of `means`; empty for fewer than two queries.
        rankings: int64 (queries, depth), rows of the best items among the task's items (classes for
            zero-shot classification), best first; -1 where the gallery ends before.
        scores: float32 (queries, depth), their cosines; NaN where the gallery ends before.
        gallery: number of items searched.
        slices: by attribute; the largest slice first.
        notes: sentences that a reader of the figures should know.
        seconds: by stage.
    """

    task: Task
    encoder: str
    fingerprint: str
    dim: int
    ks: tuple[int, ...]
    gain: Gain
    bootstrap: Bootstrap
    rows: NDArray[np.int64]
    per_query: Mapping[str, NDArray[np.float64]]
    means: Mapping[str, float]
    intervals: Mapping[str, Interval]
    rankings: NDArray[np.int64]
    scores: NDArray[np.float32]
    gallery: int
    slices: Mapping[str, tuple[Slice, ...]] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)
    notes: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def query_ids(self) -> list[str]:
        """Ids of the evaluated queries, in the order of the per-query arrays."""
        return [query_ids(self.task)[row] for row in self.rows]

    def top(self, place: int, depth: int) -> list[str]:
        """Ids of the best items (names of classes) for the query at `place`, best first."""
        names = answer_ids(self.task)
        return [names[row] for row in self.rankings[place, :depth] if row >= 0]

    def to_json(self, *, per_query: bool = False, depth: int = 0) -> dict[str, Any]:
        """The figures as JSON; figures that are infinite become null.

        Args:
            per_query: add every query's figures.
            depth: and with them the ids of this many of its best items.
        """
        document: dict[str, Any] = {
            "task": self.task.name,
            "direction": self.task.direction,
            "encoder": self.encoder,
            "fingerprint": self.fingerprint,
            "dim": self.dim,
            "queries": len(self.rows),
            "gallery": self.gallery,
            "ks": list(self.ks),
            "gain": self.gain,
            "bootstrap": asdict(self.bootstrap),
            "metrics": figures(self.means, self.intervals),
            "slices": {
                name: [
                    {
                        "value": one.value,
                        "queries": one.count,
                        "metrics": figures(one.means, one.intervals),
                    }
                    for one in members
                ]
                for name, members in self.slices.items()
            },
            "left_out": self.left_out.to_json(),
            "notes": list(self.notes),
            "seconds": {stage: round(taken, 3) for stage, taken in self.seconds.items()},
        }
        if per_query:
            document["per_query"] = [
                {
                    "query": name,
                    **{key: finite(float(array[place])) for key, array in self.per_query.items()},
                    **({"top": self.top(place, depth)} if depth else {}),
                }
                for place, name in enumerate(self.query_ids)
            ]
        return document


def query_ids(task: Task) -> Sequence[str]:
    """Ids of what is asked: the queries, or for zero-shot classification the items."""
    return getattr(task, "query_ids", task.item_ids)


def answer_ids(task: Task) -> Sequence[str]:
    """Ids of what is found: the items, or for zero-shot classification the classes."""
    return getattr(task, "classes", task.item_ids)


def figures(
    means: Mapping[str, float], intervals: Mapping[str, Interval]
) -> dict[str, dict[str, float | None]]:
    """By metric its value and the ends of its interval, as JSON."""
    return {
        name: {
            "value": finite(value),
            **(
                {"low": finite(intervals[name].low), "high": finite(intervals[name].high)}
                if name in intervals
                else {}
            ),
        }
        for name, value in means.items()
    }


def finite(value: float) -> float | None:
    """`value` as JSON can hold it."""
    return value if math.isfinite(value) else None


def _named(skipped: Sequence[Skipped]) -> tuple[str, ...]:
    return tuple(f"{one.id}: {one.reason.rstrip('.')}" for one in skipped)
