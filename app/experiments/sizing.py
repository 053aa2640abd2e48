"""How many users or sessions an experiment needs, by what was recorded or by a rate."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from app.wiring import Wiring
from core.errors import InvalidRequest
from core.interactions import Asked
from eval.experiments.metrics import metric_of
from eval.experiments.outcomes import Outcomes, UnitKind
from eval.experiments.power import units_needed
from eval.online.log import InteractionLog

_ALL = "all"


@dataclass(frozen=True)
class Sized:
    """Units in each of two variants; `days`: how long the fixed test takes at today's traffic."""

    deviation: float
    fixed: int
    sequential: int
    days: float | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def share_deviation(rate: float) -> float:
    """Standard deviation of a yes or no of chance `rate`. Raises InvalidRequest for 0 and 1."""
    if not 0 < rate < 1:
        raise InvalidRequest("The rate lies between 0 and 1.", field="rate")
    return math.sqrt(rate * (1 - rate))


@dataclass(frozen=True)
class Sizing:
    """For a difference of `effect`, in the metric's unit."""

    effect: float
    power: float = 0.8
    alpha: float = 0.05

    def of(self, deviation: float) -> Sized:
        """Units, where one unit has this standard deviation. Raises InvalidRequest."""
        needed = partial(units_needed, deviation, self.effect, alpha=self.alpha, power=self.power)
        try:
            fixed, always = needed(test="fixed"), needed(test="sequential")
        except ValueError as error:
            raise InvalidRequest(str(error), field="effect") from None
        return Sized(deviation, fixed, always)

    def of_log(
        self, wiring: Wiring, collection: str, metric: str, unit: UnitKind, days: float
    ) -> Sized:
        """Units, by the searches of the last days. Raises InvalidRequest where they are too few."""
        metric_of(metric)
        now = datetime.now(UTC)
        outcomes = Outcomes(_ALL, unit)
        log = InteractionLog(wiring.database)
        for visit in log.visits(collection, now - timedelta(days=days), now):
            outcomes.add(replace(visit, asked=_counted(visit.asked)))
        found = outcomes.moments(_ALL, metric)
        if float(found.units) < 2 or not float(found.variance) > 0:
            raise InvalidRequest(
                f"The log tells too little of the {metric} of '{collection}'.",
                hint="Give --rate instead, or a longer span by --days.",
                field="collection",
            )
        sized = self.of(float(found.deviation))
        return replace(sized, days=2 * sized.fixed / (float(found.units) / days))


def _counted(asked: Asked) -> Asked:
    return replace(asked, variants={_ALL: _ALL})
