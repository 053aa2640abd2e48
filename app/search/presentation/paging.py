"""Cutting a page out of a ranking whose scores writes do not change.

The cursor is the last hit's score and id: the next page starts after them, wherever they lie by
then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.search.candidates import Candidate
from app.search.cursor import Position
from app.search.retrieve import Found
from qdrant.store import Generation

MAX_DEPTH = 10_000
"""Ranked answers end here: no one reads on, and every page costs as much as all before it."""
_DRIFT = 16
"""Points that may have come in before the page, since the page before, without being missed."""


@dataclass(frozen=True)
class Page:
    """Candidates in their order, and where the next page starts; None after the last."""

    candidates: list[Candidate]
    after: Position | None


def page_by_score(
    find: Callable[[int, bool], Found],
    generation: Generation,
    limit: int,
    start: Position | None = None,
) -> Page:
    """One page of a ranking by score and then by id.

    Args:
        find: the best n candidates; with their payload, or without.
        generation: where payloads are read that `find` left out.
        limit: most candidates on the page.
        start: where the page before ended.
    """
    needed = limit + (start.offset + _DRIFT if start else 0)
    ranked = find(needed, start is None).candidates
    place = _place(ranked, start) if start else 0
    end = place + limit
    page = ranked[place:end]
    after = None
    if len(ranked) > end and end < MAX_DEPTH:
        last = page[-1]
        after = Position(offset=end, score=last.score, id=last.id)
    return Page(_with_payload(generation, page) if start else page, after)


def _place(ranked: Sequence[Candidate], start: Position) -> int:
    """Index of the first candidate after `start`, also where that very one is gone by now."""
    for index, candidate in enumerate(ranked):
        if candidate.id == start.id:
            return index + 1
    bound = (-start.score, start.id)
    return sum((-candidate.score, candidate.id) <= bound for candidate in ranked)


def _with_payload(generation: Generation, candidates: Sequence[Candidate]) -> list[Candidate]:
    stored = {p.id: p.payload for p in generation.retrieve([c.id for c in candidates])}
    return [replace(c, payload=stored[c.id]) for c in candidates if c.id in stored]
