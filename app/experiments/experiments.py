"""All that a service does about experiments: knows them, applies them, notes failures, guards."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from app.experiments.answering import Answered, answer
from app.experiments.arranging import Arranged, Way, arrange
from app.experiments.guarding import Guarding
from app.experiments.meters import ExperimentMeters
from app.experiments.registry import Registry
from app.experiments.watch import ExperimentWatch
from app.interactions.asker import Asker
from app.problems import problem_of
from app.search.pipeline import Searcher
from app.search.query import SearchRequest
from core.errors import BinocleError, EncoderMismatch

log = logging.getLogger(__name__)

_LAST_SECONDS = 10.0
"""How long the end of the process waits for what is being done."""
_MOST_FAILURES = 10_000
"""Failed searches that wait to be written; more are passed over."""


class Experiments:
    """Of one service. Nothing here waits for the database but `close`.

    Args:
        searcher: answers; its catalog opens generations beside the published ones.
        guarding: looks at guardrails; None where nothing is recorded, and so nothing applied.
        every_seconds: how often experiments are read, and failures written.
    """

    def __init__(
        self,
        registry: Registry,
        searcher: Searcher,
        guarding: Guarding | None,
        meters: ExperimentMeters,
        *,
        every_seconds: float,
        guard_seconds: float,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._registry = registry
        self._searcher = searcher
        self._guarding = guarding
        self._meters = meters
        self._clock = clock
        self._watch = ExperimentWatch(
            registry.all,
            searcher.catalog.beside.keep,
            registry.stop,
            searcher.catalog.published,
            clock,
        )
        self._failures: deque[dict[str, Any]] = deque(maxlen=_MOST_FAILURES)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=each, daemon=True, name=name)
            for name, *each in (
                ("binocle-experiments", self.refresh, every_seconds),
                ("binocle-guardrails", self.guard, guard_seconds),
            )
        ]

    def start(self) -> None:
        """Start to read the experiments and to look at guardrails; returns at once."""
        if self._guarding is not None:
            for thread in self._threads:
                thread.start()

    def close(self) -> None:
        """Stop the threads, and write what waits. Idempotent."""
        self._stopped.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_LAST_SECONDS)
        self._write_failures()

    def apply(
        self, collection: str, asker: Asker, request: SearchRequest, began: datetime
    ) -> Arranged:
        """The request as the experiments have it that ran when the search began: a next page goes
        on as the first one was."""
        running = self._watch.seen.running.get(collection)
        if not running:
            return Arranged(request, (Way(request),))
        return arrange(running, asker, request, began)

    def answer(self, collection: str, arranged: Arranged) -> Answered:
        """Raises as `app.search.pipeline.Searcher.search`."""
        found = answer(self._searcher, collection, arranged)
        for experiment, variant in found.variants.items():
            self._meters.searches.labels(experiment, variant).inc()
        return found

    def failed(self, arranged: Arranged, error: Exception) -> None:
        """Note that a search failed, if it was not the caller's fault."""
        if arranged.drawn is not None or not _ours(error):
            return
        now = self._clock()
        code = error.code if isinstance(error, BinocleError) else "unexpected"
        for experiment, variant in arranged.variants.items():
            self._meters.failures.labels(experiment, variant).inc()
            unit = arranged.units[experiment]
            row = {"experiment": experiment, "variant": variant, "unit": unit}
            self._failures.append({**row, "at": now, "problem": code})

    def documents(self) -> Sequence[dict[str, Any]]:
        """Every experiment as GET /v1/experiments tells it, newest first, as it was last read."""
        now, seen = self._clock(), self._watch.seen
        return [
            {**record.as_json(now), "suspended": seen.suspended.get(record.name)}
            for record in reversed(seen.records)
        ]

    def refresh(self) -> None:
        """Write failures that wait, and read the experiments."""
        self._write_failures()
        self._watch.refresh()
        now, seen = self._clock(), self._watch.seen
        going = [each.name for each in seen.records if each.state(now) == "running"]
        suspended = sum(name in seen.suspended for name in going)
        self._meters.suspended.set(suspended)
        self._meters.running.set(len(going) - suspended)

    def guard(self) -> None:
        """Look at the guardrails of what runs, and stop variants that broke one."""
        if self._guarding is None:
            return
        try:
            for name in self._guarding.look(self._watch.seen.records, self._clock()):
                self._meters.broken.labels(name).inc()
        except BinocleError as error:
            log.warning("Guardrails can't be looked at: %s", error)

    def _write_failures(self) -> None:
        rows = [self._failures.popleft() for _ in range(len(self._failures))]
        try:
            self._registry.note_failures(rows)
        except BinocleError:
            self._failures.extend(rows)

    def _repeat(self, step: Callable[[], None], seconds: float) -> None:
        while not self._stopped.is_set():
            try:
                step()
            except Exception:  # whatever it is, the next time may be better
                log.exception("Experiments could not be looked after.")
            self._stopped.wait(seconds)


def _ours(error: Exception) -> bool:
    """Whether it is the service that failed, and not the caller."""
    if isinstance(error, EncoderMismatch):  # a conflict, but of the collection's own
        return True
    return not isinstance(error, BinocleError) or problem_of(error).status >= 500
