"""What a stage of re-ranking is, and how stages run one after the other in a given time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import Candidate
from core.errors import BinocleError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """The query, for stages.

    vector: float32 (dim,), unit, of the joint space; text: its wanted texts; None where it has
    none; kind: 'text', 'image' or None for a mix.
    """

    vector: NDArray[np.float32]
    text: str | None
    kind: str | None


@dataclass(frozen=True)
class Scored:
    """A candidate with its new score and, for people, the reason of it."""

    candidate: Candidate
    score: float
    reason: str


class OutOfTime(Exception):
    """A stage saw that it would not be done in time."""


class Stage(Protocol):
    """Scores candidates anew."""

    @property
    def name(self) -> str: ...

    def score(self, candidates: Sequence[Candidate], asked: Asked, deadline: float) -> list[Scored]:
        """One for each candidate, in their order. A stage that takes long looks at the clock.

        Args:
            candidates: best first.
            asked: the query.
            deadline: of time.perf_counter, in seconds.

        Raises OutOfTime, and BinocleError where the stage can't do its work.
        """
        ...


@dataclass
class Stages:
    """Runs the stages of one search.

    Args:
        stages: in their order.
        budget_ms: for all of them together, over all windows of the search.
        timed: times a stage by its name.
        fallbacks: what was left out, and why.
    """

    stages: Sequence[Stage]
    asked: Asked
    budget_ms: float
    timed: Callable[[str], AbstractContextManager[None]]
    fallbacks: list[dict[str, str]] = field(default_factory=list)
    _spent: float = 0.0

    def run(self, candidates: list[Candidate], first: int) -> list[Candidate]:
        """The candidates in their new order; `first` is the place of the first, from 1.

        A stage that is out of time, or fails, leaves the order as it was, and is noted.
        """
        for stage in self.stages:
            if candidates:
                candidates = self._one(stage, candidates, first)
        return candidates

    def _one(self, stage: Stage, candidates: list[Candidate], first: int) -> list[Candidate]:
        start = time.perf_counter()
        left = self.budget_ms / 1000 - self._spent
        try:
            if left <= 0:
                raise OutOfTime
            with self.timed(f"rerank.{stage.name}"):
                scored = stage.score(candidates, self.asked, start + left)
        except OutOfTime:
            self._note(stage, f"not done within {self.budget_ms:g} ms")
            return candidates
        except BinocleError as error:
            log.warning("The stage '%s' was left out: %s", stage.name, error)
            self._note(stage, str(error))
            return candidates
        finally:
            self._spent += time.perf_counter() - start
        return reordered(stage.name, scored, first)

    def _note(self, stage: Stage, reason: str) -> None:
        note = {"stage": stage.name, "reason": reason}
        if note not in self.fallbacks:
            self.fallbacks.append(note)


def reordered(name: str, scored: Sequence[Scored], first: int) -> list[Candidate]:
    """Best first by their new scores, ties as they were, each with its change noted."""
    order = sorted(range(len(scored)), key=lambda at: (-scored[at].score, at))
    answer = []
    for place, at in enumerate(order):
        one = scored[at]
        candidate = _with_score(one.candidate, one.score)
        if place != at or one.reason:
            candidate = candidate.changed(name, first + at, first + place, one.reason)
        answer.append(candidate)
    return answer


def _with_score(candidate: Candidate, score: float) -> Candidate:
    return Candidate(candidate.id, candidate.payload, score, candidate.aspects, candidate.changes)
