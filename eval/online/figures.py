"""What is measured of visits, each figure by what one visit adds to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.interactions import DWELL, Visit
from eval.experiments.metrics import METRICS

Kind = Literal["share", "mean", "median"]


@dataclass(frozen=True)
class OnlineFigure:
    """One figure.

    Attributes:
        kind: 'share': a ratio of sums from 0 to 1; 'mean': any ratio of sums; 'median': over
            visits.
        of: what a visit adds above and below the line; for a median, its value and 1. None where
            it says nothing.
        unit: of the figure, for people; '' for a share.
        says: one line for people.
    """

    name: str
    kind: Kind
    of: Callable[[Visit], tuple[float, float] | None]
    unit: str
    says: str


def _known(name: str) -> Callable[[Visit], tuple[float, float] | None]:
    """A figure by search that experiments have, too: there is one definition of it."""
    of = METRICS[name].of

    def both(visit: Visit) -> tuple[float, float] | None:
        value = of(visit)
        return None if value is None else (value, 1.0)

    return both


def _clicked_of_shown(visit: Visit) -> tuple[float, float] | None:
    """An item that was clicked was shown, also where that was not told."""
    if not visit.shown:
        return None
    clicked = {event.item for event in visit.clicks}
    return float(len(clicked)), float(len(clicked | {event.item for event in visit.shown}))


def _positions(visit: Visit) -> tuple[float, float] | None:
    places = [event.position for event in visit.clicks if event.position is not None]
    return (float(sum(places)), float(len(places))) if places else None


def _value(visit: Visit) -> tuple[float, float]:
    return sum(event.value or 0.0 for event in visit.conversions), 1.0


def _seconds_to_click(visit: Visit) -> tuple[float, float] | None:
    if not visit.clicks:
        return None
    first = min(event.at for event in visit.clicks)
    return (first - visit.asked.at).total_seconds(), 1.0


def _dwell(visit: Visit) -> tuple[float, float] | None:
    spent = [event.seconds for event in visit.events if event.action == DWELL]
    return (sum(each or 0.0 for each in spent), 1.0) if spent else None


FIGURES = (
    OnlineFigure("click_rate", "share", _known("click_rate"), "", "searches with a click"),
    OnlineFigure("ctr", "share", _clicked_of_shown, "", "clicked of the items shown"),
    OnlineFigure("click_position", "mean", _positions, "", "place of a click, from 1"),
    OnlineFigure(
        "click_mrr", "share", _known("click_mrr"), "", "1 / place of the highest click, 0 without"
    ),
    OnlineFigure("no_result", "share", _known("no_result"), "", "searches that found nothing"),
    OnlineFigure("no_click", "share", _known("no_click"), "", "searches without a click"),
    OnlineFigure(
        "seconds_to_click", "median", _seconds_to_click, "s", "from the search to its first click"
    ),
    OnlineFigure("dwell_seconds", "median", _dwell, "s", "spent on what a search led to"),
    OnlineFigure(
        "conversion_rate", "share", _known("conversion_rate"), "", "searches with a conversion"
    ),
    OnlineFigure("value", "mean", _value, "", "worth of conversions by search"),
    OnlineFigure("latency_ms", "mean", _known("latency_ms"), "ms", "of an answer, in the service"),
)
