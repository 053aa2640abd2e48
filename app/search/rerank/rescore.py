"""The stage that scores again from full vectors, where retrieval compared quantized ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.search.candidates import Candidate
from app.search.rerank.stage import Asked, Scored
from qdrant.store import JOINT, Generation


@dataclass(frozen=True)
class Rescore:
    """The exact cosine of each candidate, in float32, in place of retrieval's approximation.

    Candidates that were found by several aspects keep their fused score, corrected by what the
    joint cosine was off.
    """

    generation: Generation
    name: Literal["rescore"] = "rescore"

    def score(self, candidates: Sequence[Candidate], asked: Asked, _: float) -> list[Scored]:
        """One for each candidate; those that are gone by now keep their score."""
        exact = self.generation.score([each.id for each in candidates], asked.vector)
        answer = []
        for candidate in candidates:
            joint = candidate.aspects.get(JOINT)
            if candidate.id not in exact or joint is None:
                answer.append(Scored(candidate, candidate.score, ""))
                continue
            off = exact[candidate.id] - joint.raw
            reason = f"cosine off by {off:+.2g}" if abs(off) >= 1e-6 else ""
            answer.append(Scored(candidate, candidate.score + off, reason))
        return answer
