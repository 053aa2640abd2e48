"""What an experiment set out to find, fixed before it began: what results are read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.experiments.guardrails import Guardrail
from eval.experiments.outcomes import UnitKind

Test = Literal["sequential", "fixed"]
INTERLEAVED = "interleaved"
"""What `Asked.variants` says of searches whose answer was drawn from two variants."""


@dataclass(frozen=True)
class Plan:
    """Of one experiment.

    Attributes:
        shares: of the variants, adding up to 1; the first is the control.
        metric: the one that decides, of eval/experiments/metrics.
        alpha: chance of a false winner.
        effect: the smallest difference worth knowing, in the metric's unit: the scale of the
            sequential test's mixture.
        units: of the fixed test: how many each variant needs before it is read.
        interleaved: whether answers are drawn from the two variants instead of users.
    """

    name: str
    shares: Mapping[str, float]
    unit: UnitKind = "user"
    metric: str = "click_rate"
    test: Test = "sequential"
    alpha: float = 0.05
    effect: float = 0.02
    units: int | None = None
    guardrails: tuple[Guardrail, ...] = ()
    interleaved: bool = False

    @property
    def control(self) -> str:
        return next(iter(self.shares))

    @property
    def treatments(self) -> tuple[str, ...]:
        return tuple(self.shares)[1:]
