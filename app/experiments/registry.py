"""The experiments in the database: create, start, stop, read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from app.experiments.document import Experiment, experiment_of
from app.experiments.record import Record, StoppedVariant
from app.experiments.table import EXPERIMENTS, FAILED_SEARCHES
from core.errors import Conflict, InvalidRequest, NotFound
from database.engine import Database
from eval.experiments.reading import Failure

log = logging.getLogger(__name__)


class Registry:
    """The experiments of one database. All methods raise DatabaseError where it can't be used.

    Args:
        clock: says what time it is, aware.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock
        self._definitions = Definitions()

    def create(self, experiment: Experiment) -> Record:
        """Keep an experiment: a draft, or one that begins by itself where it says when.

        Raises Conflict where there is one of this name, or one on the same setting at that time.
        """
        now = self._clock()
        if experiment.ends is not None and experiment.ends <= now:
            raise InvalidRequest("It would have ended by now.", field="ends")
        record = Record(experiment, now, experiment.starts, experiment.ends)
        self._database.prepare()
        with self._database.write() as connection:
            others = self._all(connection)
            if any(other.name == record.name for other in others):
                raise Conflict(
                    f"There is an experiment '{record.name}' already.",
                    hint="Take another name: what has begun is not changed.",
                    field="name",
                )
            _refuse_clash(record, others)
            connection.execute(insert(EXPERIMENTS).values(**_as_row(record)))
        return record

    def all(self) -> list[Record]:
        """Every experiment there ever was, oldest first. Makes no database."""
        if not self._database.exists():
            return []
        self._database.prepare()
        with self._database.read() as connection:
            return self._all(connection)

    def get(self, name: str) -> Record:
        """Raises NotFound."""
        return _named(self.all(), name)

    def start(self, name: str) -> Record:
        """Let a draft, or one that was to begin later, run from now on.

        Raises NotFound, and Conflict where it runs, has run, or may not run beside another.
        """
        now = self._clock()

        def started(record: Record, others: Sequence[Record]) -> dict[str, Any]:
            state = record.state(now)
            if state == "running":
                raise Conflict(f"The experiment '{name}' runs already.", field="name")
            if record.over(now):
                raise Conflict(
                    f"The experiment '{name}' has {state}.",
                    hint="People have seen its variants: make a new one, with another name.",
                    field="name",
                )
            if record.ends_at is not None and record.ends_at <= now:
                raise Conflict(f"The experiment '{name}' was to end by now.", field="name")
            begun = Record(record.experiment, record.created_at, now, record.ends_at)
            _refuse_clash(begun, others)
            return {"starts_at": now}

        return self._change(name, started)

    def stop(self, name: str, reason: str = "") -> Record:
        """End it for good. One that has stopped stays as it is. Raises NotFound."""
        now = self._clock()

        def stopped(record: Record, _: Sequence[Record]) -> dict[str, Any]:
            over = record.over(now)
            return {} if over else {"stopped_at": now, "reason": reason}

        return self._change(name, stopped)

    def stop_variant(self, name: str, variant: str, reason: str) -> Record:
        """Answer by a variant no more; with the last one beside the control, all is stopped."""
        now = self._clock()

        def stopped(record: Record, _: Sequence[Record]) -> dict[str, Any]:
            if record.over(now) or variant in record.stopped_variants:
                return {}
            gone = {**record.stopped_variants, variant: StoppedVariant(now, reason)}
            values: dict[str, Any] = {"stopped_variants": _variants_row(gone)}
            if all(other in gone for other in record.experiment.plan().treatments):
                values |= {"stopped_at": now, "reason": reason}
            return values

        return self._change(name, stopped)

    def note_failures(self, failures: Sequence[Mapping[str, Any]]) -> None:
        """Keep searches that failed: rows of FAILED_SEARCHES without their number."""
        if failures:
            self._database.prepare()
            with self._database.write() as connection:
                connection.execute(insert(FAILED_SEARCHES), list(failures))

    def failures(self, name: str, after: int = 0) -> tuple[list[Failure], int]:
        """Searches that failed under an experiment, of numbers above `after`, and the last one."""
        table = FAILED_SEARCHES
        with self._database.read() as connection:
            rows = connection.execute(
                select(table.c.number, table.c.variant, table.c.unit)
                .where(table.c.experiment == name, table.c.number > after)
                .order_by(table.c.number)
            ).all()
        return [Failure(row.variant, row.unit) for row in rows], rows[-1].number if rows else after

    def _change(
        self, name: str, changed: Callable[[Record, Sequence[Record]], dict[str, Any]]
    ) -> Record:
        if not self._database.exists():
            _named([], name)
        self._database.prepare()
        with self._database.write() as connection:
            others = self._all(connection)
            values = changed(_named(others, name), others)
            if values:
                where = EXPERIMENTS.c.name == name
                connection.execute(update(EXPERIMENTS).where(where).values(**values))
            return _named(self._all(connection), name)

    def _all(self, connection: Connection) -> list[Record]:
        rows = connection.execute(select(EXPERIMENTS).order_by(EXPERIMENTS.c.created_at))
        found = ((row, self._definitions.of(row)) for row in rows)
        return [_record(row, experiment) for row, experiment in found if experiment is not None]


@dataclass
class Definitions:
    """The documents of experiments, each read once: they never change. One that this program can't
    read, as a newer one may have written it, is told once and passed over."""

    _known: dict[tuple[str, datetime], Experiment | None] = field(default_factory=dict)

    def of(self, row: Row[Any]) -> Experiment | None:
        key = (row.name, row.created_at)
        if key not in self._known:
            try:
                self._known[key] = experiment_of(row.document)
            except InvalidRequest as error:
                log.warning("The experiment '%s' is passed over: %s", row.name, error)
                self._known[key] = None
        return self._known[key]


def _refuse_clash(record: Record, others: Sequence[Record]) -> None:
    for other in others:
        shared = record.clash(other)
        if shared:
            raise Conflict(
                f"The experiment '{other.name}' changes {', '.join(sorted(shared))} of "
                f"'{record.experiment.collection}' at the same time.",
                hint="Each setting has one experiment at a time: wait for its end, or stop it.",
                field="variants",
            )


def _named(records: Sequence[Record], name: str) -> Record:
    found = next((record for record in records if record.name == name), None)
    if found is None:
        known = ", ".join(record.name for record in records)
        raise NotFound(
            f"There is no experiment '{name}'.",
            hint=f"Experiments: {known}." if known else "There are none yet.",
            field="name",
        )
    return found


def _as_row(record: Record) -> dict[str, Any]:
    return {
        "name": record.name,
        "document": record.experiment.model_dump(mode="json", exclude_defaults=True),
        "created_at": record.created_at,
        "starts_at": record.starts_at,
        "ends_at": record.ends_at,
        "stopped_at": record.stopped_at,
        "reason": record.reason,
        "stopped_variants": _variants_row(record.stopped_variants),
    }


def _variants_row(stopped: Mapping[str, StoppedVariant]) -> dict[str, Any]:
    return {
        name: {"at": each.at.isoformat(), "reason": each.reason} for name, each in stopped.items()
    }


def _record(row: Row[Any], experiment: Experiment) -> Record:
    stopped = {
        name: StoppedVariant(datetime.fromisoformat(each["at"]), each["reason"])
        for name, each in row.stopped_variants.items()
    }
    return Record(
        experiment,
        row.created_at,
        row.starts_at,
        row.ends_at,
        row.stopped_at,
        row.reason,
        stopped,
    )
