"""Candidates: items found for a query, on their way from retrieval to the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class AspectScore:
    """How one aspect of similarity ('joint', 'lexical', 'appearance') sees a candidate.

    raw: the aspect's own score: cosine -1 to 1, or BM25 from 0; rank: its place by this aspect
    alone, from 1; None where the aspect did not find it within its limit.
    """

    raw: float
    rank: int | None = None


@dataclass(frozen=True)
class Change:
    """What one stage did to a candidate: places in the ranking from 1, and why, for people."""

    stage: str
    before: int
    after: int
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The change as an explanation writes it."""
        return {
            "stage": self.stage,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Candidate:
    """An item found. score: what the stages so far rank by, higher is better.

    aspects: by name, those that retrieval looked at; changes: what later stages did, in order.
    """

    id: str
    payload: Mapping[str, Any]
    score: float
    aspects: Mapping[str, AspectScore] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    def changed(self, stage: str, before: int, after: int, reason: str) -> Candidate:
        """This candidate with one more change noted."""
        return replace(self, changes=(*self.changes, Change(stage, before, after, reason)))
