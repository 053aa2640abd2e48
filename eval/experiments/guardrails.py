"""Guardrails: figures that a variant must not make worse by more than a margin, read all the time.

A guardrail is broken once the confidence sequence of (variant less control) lies beyond its margin
altogether: the chance that one that harms by no more than the margin is ever stopped is at most
alpha, however often it is looked at (eval/experiments/sequential.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eval.experiments.metrics import ERRORS, METRICS
from eval.experiments.outcomes import Outcomes
from eval.experiments.sequential import always_valid

ALPHA = 0.01
"""Of each guardrail and variant."""


@dataclass(frozen=True)
class Guardrail:
    """A metric of eval/experiments/metrics, and the loss that is put up with, above 0."""

    metric: str
    margin: float


@dataclass(frozen=True)
class Watched:
    """A guardrail of one variant as it stands: the loss beside the control, and its interval."""

    variant: str
    guardrail: Guardrail
    control: float
    treatment: float
    loss: float
    low: float
    high: float

    @property
    def broken(self) -> bool:
        return self.low > self.guardrail.margin

    def __str__(self) -> str:
        return (
            f"{self.guardrail.metric} of '{self.variant}' is {self.treatment:.4g} beside "
            f"{self.control:.4g}: worse by at least {self.low:.4g}, where "
            f"{self.guardrail.margin:.4g} is put up with."
        )


def watched(
    outcomes: Outcomes,
    control: str,
    variants: Iterable[str],
    guardrails: Iterable[Guardrail],
    *,
    alpha: float = ALPHA,
) -> list[Watched]:
    """How each guardrail of each variant stands."""
    rails = list(guardrails)
    return [
        _watched(outcomes, control, variant, rail, alpha) for variant in variants for rail in rails
    ]


def _watched(
    outcomes: Outcomes, control: str, variant: str, rail: Guardrail, alpha: float
) -> Watched:
    metric = {**METRICS, ERRORS.name: ERRORS}[rail.metric]
    one = outcomes.moments(control, rail.metric)
    other = outcomes.moments(variant, rail.metric)
    found = always_valid(one, other, scale=rail.margin, alpha=alpha, bounded=metric.bounded)
    low, high, loss = float(found.low), float(found.high), float(found.estimate)
    if metric.more_is_better:
        low, high, loss = -high, -low, -loss
    return Watched(variant, rail, float(one.estimate), float(other.estimate), loss, low, high)
