"""Results: an experiment's visits from the log -> what it has found."""

from __future__ import annotations

from datetime import UTC, datetime

from app.experiments.record import Record
from app.experiments.registry import Registry
from app.wiring import Wiring
from core.errors import Conflict
from eval.experiments.findings import Findings
from eval.experiments.reading import read
from eval.online.log import InteractionLog


def findings_of(wiring: Wiring, name: str) -> tuple[Record, Findings]:
    """The experiment, and what it has found so far. Raises NotFound, and Conflict of one that has
    not begun."""
    now = datetime.now(UTC)
    registry = Registry(wiring.database)
    record = registry.get(name)
    if record.starts_at is None or record.starts_at > now:
        raise Conflict(
            f"The experiment '{name}' has not begun.",
            hint=f"`binocle experiments start {name}` lets it run.",
            field="name",
        )
    log = InteractionLog(wiring.database)
    visits = log.visits(record.experiment.collection, record.starts_at, record.until(now))
    failures, _ = registry.failures(name)
    found = read(record.experiment.plan(), visits, failures=failures, over=record.over(now))
    return record, found
