"""What was found out by an experiment, for people and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from eval.experiments.balance import Balance
from eval.experiments.guardrails import Watched
from eval.experiments.interleaving import Votes
from eval.experiments.plan import Plan

Verdict = Literal["better", "worse", "no difference", "undecided", "not read yet"]


@dataclass(frozen=True)
class Look:
    """The difference as it stood after so many units, and the least p up to then."""

    at: str  # the last visit's time
    units: int
    difference: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Compared:
    """A variant beside the control by the metric that decides.

    Attributes:
        test: its name; p and interval are None where a fixed test is not to be read yet.
        p: adjusted for several variants (Holm 1979).
        looks: of the sequential test, oldest first.
    """

    variant: str
    test: str
    verdict: Verdict
    why: str
    control: float | None = None
    treatment: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    looks: tuple[Look, ...] = ()


@dataclass(frozen=True)
class Findings:
    """All of it.

    Attributes:
        estimates: of each variant, metric by metric.
        notes: what a reader must know; the gravest first.
    """

    plan: Plan
    balance: Balance
    searches: Mapping[str, int]
    mixed: int
    compared: tuple[Compared, ...]
    estimates: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    guardrails: tuple[Watched, ...] = ()
    votes: Votes | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As `binocle experiments results --json` prints it."""
        plan = self.plan
        return {
            "experiment": plan.name,
            "unit": plan.unit,
            "metric": plan.metric,
            "test": plan.test,
            "alpha": plan.alpha,
            "interleaved": plan.interleaved,
            "units": dict(self.balance.units),
            "searches": dict(self.searches),
            "mixed_units": self.mixed,
            "sample_ratio": {"p": self.balance.p, "suspicious": self.balance.suspicious},
            "compared": [_plain(vars(one)) for one in self.compared],
            "estimates": {name: dict(own) for name, own in self.estimates.items()},
            "guardrails": [_guard(one) for one in self.guardrails],
            "votes": None if self.votes is None else vars(self.votes),
            "notes": list(self.notes),
        }


def known(value: float) -> float | None:
    """None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    looks = [
        {name: known(v) if isinstance(v, float) else v for name, v in vars(look).items()}
        for look in found["looks"]
    ]
    return {**found, "looks": looks}


def _guard(one: Watched) -> dict[str, Any]:
    figures = {name: known(getattr(one, name)) for name in ("control", "treatment", "loss", "low")}
    rail = one.guardrail
    named = {"variant": one.variant, "metric": rail.metric, "margin": rail.margin}
    return {**named, **figures, "broken": one.broken}
