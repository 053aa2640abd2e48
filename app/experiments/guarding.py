"""Guardrails while experiments run: what was recorded since the last look is added up, and a
variant that broke one is stopped, for a reason that everybody can read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.experiments.record import Record
from app.experiments.registry import Registry
from core.interactions import Visit
from eval.experiments.guardrails import watched
from eval.experiments.metrics import GUARDS, METRICS
from eval.experiments.outcomes import Outcomes

log = logging.getLogger(__name__)
Visits = Callable[[str, datetime, datetime], Iterable[Visit]]
"""The visits of a collection from one moment up to another, as the log has them."""
_SETTLED = timedelta(seconds=15)
"""Searches are written that soon after they are asked."""


@dataclass
class _Progress:
    outcomes: Outcomes
    until: datetime
    failures: int = 0


@dataclass
class Guarding:
    """Looks at the guardrails of running experiments, each time at what is new since then."""

    registry: Registry
    visits: Visits
    _progress: dict[str, _Progress] = field(default_factory=dict)

    def look(self, records: Sequence[Record], now: datetime) -> list[str]:
        """Stop variants that broke a guardrail; the experiment of each. Raises DatabaseError."""
        running = [each for each in records if each.state(now) == "running"]
        self._progress = {
            name: known
            for name, known in self._progress.items()
            if any(each.name == name for each in running)
        }
        guarded = [each for each in running if each.experiment.guardrails]
        return [each.name for each in guarded for _ in self._look(each, now)]

    def _look(self, record: Record, now: datetime) -> list[str]:
        """The variants that were stopped."""
        plan = record.experiment.plan()
        known = self._advance(record, now)
        going = [each for each in plan.treatments if each not in record.stopped_variants]
        gone = []
        for one in watched(known.outcomes, plan.control, going, plan.guardrails):
            if one.broken and one.variant not in gone:
                gone.append(one.variant)
                log.warning("The experiment '%s' stops a variant: %s", plan.name, one)
                self.registry.stop_variant(plan.name, one.variant, f"Guardrail: {one}")
        return gone

    def _advance(self, record: Record, now: datetime) -> _Progress:
        """Add up what came since the last look."""
        known = self._progress.get(record.name)
        if known is None:
            assert record.starts_at is not None
            metrics = [METRICS[name] for name in GUARDS if name in METRICS]
            outcomes = Outcomes(record.name, record.experiment.unit, metrics)
            known = self._progress[record.name] = _Progress(outcomes, record.starts_at)
        until = max(known.until, now - _SETTLED)
        for visit in self.visits(record.experiment.collection, known.until, until):
            known.outcomes.add(visit)
        known.until = until
        failures, known.failures = self.registry.failures(record.name, known.failures)
        for failure in failures:
            known.outcomes.failed(failure.variant, failure.unit)
        return known
