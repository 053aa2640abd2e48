"""Threads that pass work on to each other, stage by stage."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from ingestion.channel import Channel

In = TypeVar("In")
Out = TypeVar("Out")


class Stages:
    """Runs stages in the order in which they are added, each in its own threads.

    When one fails, it and those before it throw away what they have still to do, and those behind
    it finish what they were given: so what was done is kept, and every thread comes to its end.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._count = 0
        self._failed_at = -1
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self.failure: BaseException | None = None
        self.stopping = threading.Event()
        self.interrupted = False  # by Ctrl-C

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds of work by stage, summed over its threads; waiting for others does not count."""
        with self._lock:
            return dict(self._seconds)

    def source(self, name: str, values: Generator[Out, None, None], output: Channel[Out]) -> None:
        """The first stage: one thread that goes through `values` until `stopping` is set."""
        place = self._next_place()

        def run() -> None:
            try:
                while not self.stopping.is_set():
                    with self._timed(name):
                        value = next(values, _NOTHING)
                    if isinstance(value, _Nothing):
                        break
                    output.put(value)
            except BaseException as error:
                self._fail(place, error)
            finally:
                values.close()
                output.close()

        self._add(name, run)

    def stage(
        self,
        name: str,
        work: Callable[[list[In]], Iterable[Out]],
        inputs: Channel[In],
        output: Channel[Out] | None,
        *,
        threads: int = 1,
        batch: int = 1,
        beside: Channel[Any] | None = None,
    ) -> None:
        """`threads` threads that take up to `batch` values and put what `work` makes of them.

        Args:
            beside: another output, which `work` puts to by itself.
        """
        place = self._next_place()

        def run() -> None:
            try:
                for values in _batches(inputs, batch):
                    if self._failed_at >= place:
                        continue
                    self._work(name, place, work, values, output)
            finally:
                for each in (output, beside):
                    if each is not None:
                        each.close()

        for _ in range(threads):
            self._add(name, run)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether all threads have ended within `seconds`."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def watch(self, on_tick: Callable[[], None], *, every: float) -> None:
        """Wait for the end and call `on_tick` every so many seconds.

        Ctrl-C stops what is read, and what was read is finished; a second one throws it away.
        """
        try:
            while not self.wait(every):
                on_tick()
        except KeyboardInterrupt:
            self.interrupted = True
            self.stopping.set()
            try:
                while not self.wait(every):
                    on_tick()
            except KeyboardInterrupt:
                self.abandon()
                raise

    def abandon(self) -> None:
        """Makes every stage throw away what it has still to do."""
        self.stopping.set()
        with self._lock:
            self._failed_at = self._count

    def _work(
        self,
        name: str,
        place: int,
        work: Callable[[list[In]], Iterable[Out]],
        values: list[In],
        output: Channel[Out] | None,
    ) -> None:
        try:
            with self._timed(name):
                results = list(work(values))
        except BaseException as error:
            self._fail(place, error)
            return
        if output is not None:
            for result in results:
                output.put(result)

    def _fail(self, place: int, error: BaseException) -> None:
        self.stopping.set()
        with self._lock:
            self._failed_at = max(self._failed_at, place)
            self.failure = self.failure or error

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._seconds[name] += time.perf_counter() - start

    def _next_place(self) -> int:
        self._count += 1
        return self._count - 1

    def _add(self, name: str, run: Callable[[], None]) -> None:
        # Daemons: a second Ctrl-C ends the process without waiting for them.
        self._threads.append(threading.Thread(target=run, name=f"ingestion-{name}", daemon=True))


class _Nothing:
    """After the last value."""


_NOTHING = _Nothing()


def _batches(values: Iterable[In], size: int) -> Iterator[list[In]]:
    waiting = iter(values)
    while batch := list(islice(waiting, size)):
        yield batch
