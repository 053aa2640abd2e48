"""Retrieve: a query and a filter -> candidates, in an order that paging can trust.

Engines order ties as they like, so candidates are put in order by score and then by id, and the
list is never cut through a group of equal scores that was not fetched to its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import AspectScore, Candidate
from app.search.cursor import Position
from core.filters import Filter
from qdrant.ordering import scroll_by
from qdrant.store import JOINT, Generation, Order, ScoredPoint, VectorQuery

_MOST_TIES = 1_000


@dataclass(frozen=True)
class Wanted:
    """The question to the engine."""

    vector: NDArray[np.float32]
    filter: Filter | None = None
    without: frozenset[str] = frozenset()  # ids to leave out: the items of the query itself


@dataclass(frozen=True)
class Found:
    """Candidates best first.

    Attributes:
        candidates: at least as many as were asked for, unless `exhausted`.
        fetched: points that the engine gave.
        exhausted: there are no more than these.
        plan: what was asked of the engine, for explanations.
        vectors: joint vectors, float32 (dim,), of some candidates, where they were asked for.
    """

    candidates: list[Candidate]
    fetched: int
    exhausted: bool
    plan: Mapping[str, Any] = field(default_factory=dict)
    vectors: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


def find(generation: Generation, wanted: Wanted, depth: int, *, with_payload: bool = True) -> Found:
    """The best `depth` candidates or a few more. Without payload theirs are empty."""
    window = depth + len(wanted.without) + 1
    while True:
        query = VectorQuery(
            wanted.vector, limit=window, filter=wanted.filter, with_payload=with_payload
        )
        points = generation.query(query)
        kept = [point for point in points if point.id not in wanted.without]
        kept.sort(key=lambda point: (-point.score, point.id))
        exhausted = len(points) < window
        if exhausted or window > depth + _MOST_TIES or not _cuts_ties(kept, depth):
            break
        window *= 2
    candidates = [
        Candidate(point.id, point.payload, point.score, {JOINT: AspectScore(point.score, rank)})
        for rank, point in enumerate(kept, start=1)
    ]
    return Found(candidates, len(points), exhausted, {"vector": JOINT, "fetched": len(points)})


def order_of(text: str) -> Order:
    """'price' or '-price' as an order."""
    return Order(text.removeprefix("-"), descending=text.startswith("-"))


@dataclass(frozen=True)
class Browsed:
    """Items in the store's own order, without scores, and where the next page starts."""

    candidates: list[Candidate]
    after: Position | None


def browse(
    generation: Generation,
    limit: int,
    filter: Filter | None,
    start: Position | None = None,
    order: Order | None = None,
) -> Browsed:
    """One page of a browse, in the store's own order or sorted. Raises InvalidQuery."""
    token = start.token if start else None
    if order is None:
        points, following = generation.scroll(filter=filter, limit=limit, after=token)
    else:
        points, following = scroll_by(generation, order, filter=filter, limit=limit, after=token)
    after = Position(token=following) if following is not None else None
    return Browsed([Candidate(point.id, point.payload, 0.0) for point in points], after)


def _cuts_ties(ranked: Sequence[ScoredPoint], needed: int) -> bool:
    """Whether points as good as the last one needed may have been left behind."""
    return len(ranked) > needed and ranked[needed - 1].score == ranked[-1].score
