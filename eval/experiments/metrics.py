"""What experiments are judged by: figures of a visit, added up for each user or session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.errors import InvalidRequest
from core.interactions import Visit

Per = Literal["search", "unit", "share"]
"""A sum by searches; a sum by units; or the share of units that have any."""


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        per: 'search': sum of `of` by the number of searches that it is known of, variance by the
            delta method over units; 'unit': mean over units of their sums; 'share': share of units
            whose sum is above 0, which the two-proportion test is for.
        of: of one visit; None where it is not known of it.
        more_is_better: whether a larger figure is better.
        bounded: whether the figure lies from 0 to 1.
        says: one line for people.
    """

    name: str
    per: Per
    of: Callable[[Visit], float | None]
    more_is_better: bool
    bounded: bool
    says: str


def _first_click(visit: Visit) -> float:
    places = [event.position for event in visit.clicks if event.position is not None]
    return 1.0 / min(places) if places else 0.0


def _value(visit: Visit) -> float:
    return sum(event.value or 0.0 for event in visit.conversions)


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "click_rate", "search", lambda v: float(bool(v.clicks)), True, True,
            "share of searches with a click",
        ),
        Metric(
            "click_mrr", "search", _first_click, True, True,
            "mean of 1 / place of the highest click, 0 without one",
        ),
        Metric(
            "conversion_rate", "search", lambda v: float(bool(v.conversions)), True, True,
            "share of searches with a conversion",
        ),
        Metric(
            "clickers", "share", lambda v: float(bool(v.clicks)), True, True,
            "share of users or sessions with a click",
        ),
        Metric(
            "converters", "share", lambda v: float(bool(v.conversions)), True, True,
            "share of users or sessions with a conversion",
        ),
        Metric("value", "unit", _value, True, False, "value of conversions by user or session"),
        Metric(
            "no_result", "search", lambda v: float(v.asked.found == 0), False, True,
            "share of searches that found nothing",
        ),
        Metric(
            "no_click", "search", lambda v: float(not v.clicks), False, True,
            "share of searches without a click",
        ),
        Metric(
            "latency_ms", "search", lambda v: v.asked.latency_ms, False, False,
            "mean milliseconds of an answer",
        ),
    )
}  # fmt: skip

ERRORS = Metric(
    "errors", "search", lambda _: 0.0, False, True, "share of searches that the service failed"
)
"""Failed searches leave no visit: they are told to `Outcomes.failed`."""

GUARDS = ("latency_ms", "errors", "no_result")
"""Figures that guardrails are for."""


def metric_of(name: str) -> Metric:
    """Raises InvalidRequest, which names those there are."""
    found = METRICS.get(name)
    if found is None:
        raise InvalidRequest(
            f"There is no metric '{name}'.",
            hint=f"Metrics: {', '.join(METRICS)}.",
            field="metric",
        )
    return found
