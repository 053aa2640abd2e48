"""The experiments as a service sees them: read again every second, decided on from memory.

While the database can't be reached, those that were known go on; their ends come by the clock.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.beside import Key
from app.experiments.arranging import Running
from app.experiments.record import Record
from core.errors import BinocleError, DatabaseError, GenerationNotFound, NotFound

log = logging.getLogger(__name__)
Keep = Callable[[Collection[Key]], Mapping[Key, BinocleError]]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Seen:
    """What was read at last.

    Attributes:
        running: by collection, what may run: groups first, then the interleaved one.
        suspended: why experiments that run are not applied by this process.
    """

    records: Sequence[Record] = ()
    running: Mapping[str, Sequence[Running]] = field(default_factory=dict)
    suspended: Mapping[str, str] = field(default_factory=dict)


class ExperimentWatch:
    """Args:
    read: reads all experiments; may raise DatabaseError.
    keep: opens generations beside the published ones; see `app.beside.Beside.keep`.
    stop: ends an experiment for good, for a reason.
    published: the name of a collection's published generation.
    """

    def __init__(
        self,
        read: Callable[[], Sequence[Record]],
        keep: Keep,
        stop: Callable[[str, str], object],
        published: Callable[[str], str | None],
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._read = read
        self._keep = keep
        self._stop = stop
        self._published = published
        self._clock = clock
        self._failing = False
        self._seen = Seen()
        self._refreshing = threading.Lock()

    @property
    def seen(self) -> Seen:
        """As it was at the last refresh."""
        return self._seen

    def refresh(self) -> None:
        """Read the experiments now, and open the generations that they need."""
        with self._refreshing:
            self._refresh()

    def _refresh(self) -> None:
        try:
            records = self._read()
        except BinocleError as error:
            if not self._failing:
                log.warning("The experiments can't be read; those known go on: %s", error)
            self._failing = True
            return
        self._failing = False
        now = self._clock()
        live = [each for each in records if each.state(now) in ("scheduled", "running")]
        failed = {**self._keep({key for each in live for key in _generations(each)})}
        failed |= {key: error for each in live for key, error in self._overtaken(each)}
        suspended: dict[str, str] = {}
        for each in live:
            errors = [failed[key] for key in _generations(each) if key in failed]
            if errors:
                suspended[each.name] = errors[0].message
                self._tell(each, errors[0], now)
        live += [each for each in records if each.lately_over(now) and not _generations(each)]
        ready = [Running(each) for each in live if each.name not in suspended]
        ready.sort(key=lambda each: each.record.experiment.interleave)
        by_collection: dict[str, list[Running]] = {}
        for one in ready:
            by_collection.setdefault(one.record.experiment.collection, []).append(one)
        self._seen = Seen(records, by_collection, suspended)

    def _overtaken(self, record: Record) -> list[tuple[Key, BinocleError]]:
        """Generations of a running experiment that everybody gets by now."""
        keys = _generations(record)
        published = self._published(record.experiment.collection) if keys else None
        reason = f"Generation {published} is published now: nothing is left to compare."
        return [(key, GenerationNotFound(reason)) for key in keys if key[1] == published]

    def _tell(self, record: Record, error: BinocleError, now: datetime) -> None:
        """A generation that is gone, or published, ends its experiment; others may come."""
        if isinstance(error, NotFound) and record.state(now) == "running":
            try:
                self._stop(record.name, error.message)
            except DatabaseError as failure:
                log.warning("The experiment '%s' can't be stopped: %s", record.name, failure)
        if record.name not in self._seen.suspended:
            log.warning("The experiment '%s' is not applied here: %s", record.name, error)


def _generations(record: Record) -> list[Key]:
    wanted = record.experiment
    names = [
        each.generation for each in wanted.variants if each.name not in record.stopped_variants
    ]
    return [(wanted.collection, name) for name in names if name is not None]
