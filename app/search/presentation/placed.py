"""A candidate that has its place on a page, and what stands behind it there."""

from __future__ import annotations

from dataclasses import dataclass

from app.search.candidates import Candidate


@dataclass(frozen=True)
class Placed:
    """A candidate to be shown.

    Attributes:
        alike: ids of near-duplicates that stand behind it, best first.
        group: value of the field that hits are grouped by; None without grouping, or a value.
        relevance: calibrated, 0 to 1; None where it is not known.
    """

    candidate: Candidate
    alike: tuple[str, ...] = ()
    group: str | None = None
    relevance: float | None = None

    @property
    def id(self) -> str:
        return self.candidate.id
