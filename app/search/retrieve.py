"""Retrieve: a query vector and a filter -> one page of points, in an order that paging can trust.

Engines order ties as they like, so the points are put in order by score and then by id, and the
page is never cut through a group of equal scores that was not fetched to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.search.cursor import Position
from core.filters import Filter
from qdrant.store import Generation, ScoredPoint, VectorQuery

MAX_DEPTH = 10_000
"""Ranked answers end here: no one reads on, and every page costs as much as all before it."""
_MOST_TIES = 1_000
_DRIFT = 16
"""Points that may have come in before the page, since the page before, without being missed."""


@dataclass(frozen=True)
class Page:
    """Points best first, and where the next page starts; None after the last."""

    points: list[ScoredPoint]
    after: Position | None
    fetched: int  # by the engine, to cut this page from


@dataclass(frozen=True)
class Nearest:
    """The question to the engine."""

    vector: NDArray[np.float32]
    limit: int
    filter: Filter | None = None
    without: frozenset[str] = frozenset()  # ids to leave out: the items of the query itself


def nearest(generation: Generation, wanted: Nearest, start: Position | None = None) -> Page:
    """One page of the nearest points to a vector."""
    ranked, fetched = _ranked(generation, wanted, start)
    place = _place(ranked, start) if start else 0
    end = place + wanted.limit
    points = ranked[place:end]
    after = None
    if len(ranked) > end and end < MAX_DEPTH:
        last = points[-1]
        after = Position(offset=end, score=last.score, id=last.id)
    if start:
        points = _with_payload(generation, points)
    return Page(points, after, fetched)


def browse(
    generation: Generation, limit: int, filter: Filter | None, start: Position | None = None
) -> Page:
    """One page of points in the store's own order; their score says nothing."""
    token = start.token if start else None
    points, following = generation.scroll(filter=filter, limit=limit, after=token)
    after = Position(token=following) if following is not None else None
    scored = [ScoredPoint(point.id, 0.0, point.payload) for point in points]
    return Page(scored, after, len(points))


def _ranked(
    generation: Generation, wanted: Nearest, start: Position | None
) -> tuple[list[ScoredPoint], int]:
    """Enough of the answer to cut the page from, best first, and how much the engine fetched."""
    needed = wanted.limit + (start.offset + _DRIFT if start else 0)
    window = needed + len(wanted.without) + 1
    while True:
        query = VectorQuery(
            wanted.vector, limit=window, filter=wanted.filter, with_payload=start is None
        )
        found = generation.query(query)
        kept = [point for point in found if point.id not in wanted.without]
        kept.sort(key=lambda point: (-point.score, point.id))
        exhausted = len(found) < window
        if exhausted or window > needed + _MOST_TIES or not _cuts_ties(kept, needed):
            return kept, len(found)
        window *= 2


def _cuts_ties(ranked: Sequence[ScoredPoint], needed: int) -> bool:
    """Whether points as good as the last one needed may have been left behind."""
    return len(ranked) > needed and ranked[needed - 1].score == ranked[-1].score


def _place(ranked: Sequence[ScoredPoint], start: Position) -> int:
    """Index of the first point after `start`, also where that very point is gone by now."""
    for index, point in enumerate(ranked):
        if point.id == start.id:
            return index + 1
    bound = (-start.score, start.id)
    return sum((-point.score, point.id) <= bound for point in ranked)


def _with_payload(generation: Generation, points: Sequence[ScoredPoint]) -> list[ScoredPoint]:
    stored = {point.id: point.payload for point in generation.retrieve([p.id for p in points])}
    return [ScoredPoint(p.id, p.score, stored[p.id]) for p in points if p.id in stored]
