"""The stage of business rules: factors on scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.search.candidates import Candidate
from app.search.rerank.rules import Weigh, Weighing
from app.search.rerank.stage import Asked, Scored
from core.fields import Schema


@dataclass(frozen=True)
class RuleStage:
    """Multiplies scores by the factors of the rules that hold.

    A factor over 1 lifts and one under 1 lowers whatever the sign of the score: negative scores are
    divided by it.
    """

    weighs: tuple[tuple[str, Weigh], ...]
    name: Literal["rules"] = "rules"

    @classmethod
    def of(cls, rules: Sequence[Weighing], schema: Schema) -> RuleStage:
        """Raises InvalidRequest for a rule on a field that the collection has not."""
        return cls(tuple((rule.rule, rule.weigh(schema)) for rule in rules))

    def score(self, candidates: Sequence[Candidate], _: Asked, __: float) -> list[Scored]:
        """One for each candidate; the reason names the rules that held, with their factors."""
        return [self._one(candidate) for candidate in candidates]

    def _one(self, candidate: Candidate) -> Scored:
        factor, reasons = 1.0, []
        for name, weigh in self.weighs:
            own = weigh(candidate.payload)
            if own != 1.0:
                factor *= own
                reasons.append(f"{name} x {own:.3g}")
        score = candidate.score * factor if candidate.score >= 0 else candidate.score / factor
        return Scored(candidate, score, ", ".join(reasons))
