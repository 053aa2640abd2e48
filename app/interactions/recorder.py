"""The recorder: searches and events go to the database from a queue, by a thread of its own.

A request only puts a row into the queue. The thread writes all that waits in one transaction, at
the latest `flush_seconds` after the row came. So a process that is killed loses what came in the
last `flush_seconds` and the time of one write; one that ends in order loses nothing. The queue is
bounded: while the database can't keep up or can't be reached, rows beyond it are turned away, and
counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from app.interactions.meters import RecordMeters
from app.interactions.secret import insert_new
from core.errors import BinocleError, DatabaseError, DatabaseUnavailable, StorageFull
from database.engine import Database
from database.interactions import EVENTS, SEARCHES

log = logging.getLogger(__name__)

What = Literal["search", "event"]
Row = dict[str, Any]
_TABLES: dict[What, Table] = {"search": SEARCHES, "event": EVENTS}
_BATCH = 2_000
"""Rows of one transaction, and how many wake the thread early."""
_STATEMENT = 200
"""Rows of one statement: while its rows are prepared, a millisecond, no search goes on."""
_RETRY_SECONDS = 1.0
_LAST_SECONDS = 10.0
"""How long the end of the process waits for the last write."""


class Recorder:
    """Writes rows of searches and events. Safe to call from several threads.

    Args:
        database: prepared by the thread before its first write.
        flush_seconds: how long a row waits at most before it is written.
        max_waiting: rows that may wait.
        chore: called by the thread after every write or `flush_seconds` of rest; may raise
            DatabaseError.
    """

    def __init__(
        self,
        database: Database,
        meters: RecordMeters,
        *,
        flush_seconds: float,
        max_waiting: int,
        chore: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._meters = meters
        self._flush_seconds = flush_seconds
        self._max_waiting = max_waiting
        self._chore = chore
        self._waiting: deque[tuple[What, Row]] = deque()
        self._failing = False
        self._chore_failure = ""
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._idle = threading.Condition()
        self._written = 0
        self._thread = threading.Thread(target=self._run, name="binocle-recorder", daemon=True)
        meters.waiting.set_function(lambda: float(len(self._waiting)))

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def add(self, what: What, rows: Sequence[Row]) -> bool:
        """Have the rows written soon; False where they don't fit, and none of them is taken."""
        if self._stopped.is_set() or len(self._waiting) + len(rows) > self._max_waiting:
            return False
        self._waiting.extend((what, row) for row in rows)
        if len(self._waiting) >= _BATCH:
            self._wake.set()
        return True

    def lost(self, what: What, count: int, reason: str) -> None:
        """Count rows that were turned away."""
        self._meters.lost.labels(what, reason).inc(count)

    def flush(self, seconds: float = _LAST_SECONDS) -> bool:
        """Whether all that waits now is written within `seconds`."""
        until = time.monotonic() + seconds
        with self._idle:
            wanted = self._written + len(self._waiting)
            self._wake.set()
            return self._idle.wait_for(
                lambda: not self._waiting or self._written >= wanted, until - time.monotonic()
            )

    def close(self) -> None:
        """Write what waits and stop the thread. What can't be written is counted as lost."""
        self._stopped.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_LAST_SECONDS)
            self._do_chore()
        left = [what for what, _ in self._waiting]
        self._waiting.clear()
        for what in _TABLES:
            if left.count(what):
                self.lost(what, left.count(what), "shutdown")
        if left:
            log.warning("%d searches and events were not written at the end.", len(left))

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(self._flush_seconds)
            self._wake.clear()
            self._write_all()
            if self._failing:
                self._stopped.wait(_RETRY_SECONDS)
            else:
                self._do_chore()
        self._write_all()

    def _write_all(self) -> None:
        """Write until nothing waits, or writing fails."""
        while self._waiting:
            batch = [self._waiting[at] for at in range(min(_BATCH, len(self._waiting)))]
            try:
                self._write_some(batch)
            except BinocleError as error:
                self._fail(error)
                return
            # Rows leave the queue once they are written: until then they count as waiting.
            with self._idle:
                for _ in batch:
                    self._waiting.popleft()
                self._written += len(batch)
                self._idle.notify_all()
            if self._failing:
                log.info("Searches and events are written again.")
            self._failing = False

    def _write_some(self, batch: Sequence[tuple[What, Row]]) -> None:
        """Write the batch; where the database refuses it for some of its rows, without these."""
        try:
            self._write(batch)
            return
        except (DatabaseUnavailable, StorageFull):
            raise
        except (DatabaseError, IntegrityError) as error:
            refused = [row for row in batch if not self._written_alone(row)]
            if len(refused) == len(batch):
                raise DatabaseError(str(error)) from None
            for what, _ in refused:
                self.lost(what, 1, "refused")
            log.warning("The database refused %d of %d rows: %s", len(refused), len(batch), error)

    def _written_alone(self, row: tuple[What, Row]) -> bool:
        try:
            self._write([row])
        except (DatabaseError, IntegrityError):
            return False
        return True

    def _write(self, batch: Sequence[tuple[What, Row]]) -> None:
        self._database.prepare()
        counts: dict[What, int] = {}
        with self._meters.writes.time(), self._database.write() as connection:
            for what, table in _TABLES.items():
                rows = [row for each, row in batch if each == what]
                counts[what] = len(rows)
                for start in range(0, len(rows), _STATEMENT):
                    some = rows[start : start + _STATEMENT]
                    connection.execute(insert_new(self._database, table), some)
        for what, count in counts.items():
            self._meters.recorded.labels(what).inc(count)

    def _fail(self, error: BinocleError) -> None:
        if not self._failing:
            log.warning("Searches and events can't be written, and wait in memory: %s", error)
        self._failing = True

    def _do_chore(self) -> None:
        try:
            self._chore()
        except BinocleError as error:
            if str(error) != self._chore_failure:  # it is tried again every moment
                log.warning("The record can't be looked after: %s", error)
            self._chore_failure = str(error)
        else:
            self._chore_failure = ""
