"""Dynamic batching: what several requests want encoded goes through a tower together.

A batch goes when it is full, or when its first member has waited long enough; while the tower runs,
the next batch gathers. What a tower can't take fails alone: the others are run again without it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.telemetry import Telemetry
from core.errors import EncoderError, EncoderUnavailable, TooLarge
from encoders.encoder import Vectors

T = TypeVar("T")
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Pace:
    """How batches are made.

    Attributes:
        max_size: most inputs in one run of the tower.
        max_wait_s: how long the first of a batch may wait for others, in seconds.
        max_waiting: inputs that may wait; more are refused.
    """

    max_size: int = 32
    max_wait_s: float = 0.005
    max_waiting: int = 1_000


@dataclass
class _Waiting(Generic[T]):
    input: T
    answer: asyncio.Future[Vector]
    since: float = field(default_factory=time.monotonic)


class Batcher(Generic[T]):
    """Batches for one tower, on one event loop. Start it there; close it at the end.

    Args:
        tower: 'text' or 'image', for the metrics.
        encode: a run of the tower, float32 (n, dim) of n inputs; called in a thread, one at a time.
    """

    def __init__(
        self,
        tower: str,
        encode: Callable[[Sequence[T]], Vectors],
        pace: Pace,
        telemetry: Telemetry,
    ) -> None:
        self._encode = encode
        self._pace = pace
        self._sizes = telemetry.batch_sizes.labels(tower)
        self._waits = telemetry.batch_waits.labels(tower)
        self._depth = telemetry.batch_waiting.labels(tower)
        self._queue: deque[_Waiting[T]] = deque()
        self._changed = asyncio.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"binocle-{tower}-tower")
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, on the running event loop."""
        self._worker = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        """Stop; what waits is cancelled. Idempotent."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
            self._worker = None
        for waiting in self._queue:
            waiting.answer.cancel()
        self._queue.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def encode(self, inputs: Sequence[T]) -> list[Vector | Exception]:
        """For each input its vector, or what the tower raised on it alone.

        Raises EncoderUnavailable where too many wait already, and TooLarge for more than may ever.
        """
        self._admit(len(inputs))
        loop = asyncio.get_running_loop()
        waiting = [_Waiting(one, loop.create_future()) for one in inputs]
        self._queue.extend(waiting)
        self._depth.set(len(self._queue))
        self._changed.set()
        answers = [one.answer for one in waiting]
        try:
            return [_plain(one) for one in await asyncio.gather(*answers, return_exceptions=True)]
        finally:
            for answer in answers:
                answer.cancel()  # of a caller that is gone: left out of the batches to come

    def _admit(self, count: int) -> None:
        most = self._pace.max_waiting
        if count > most:
            raise TooLarge(f"{count:,} at once; {most:,} may wait.", hint="Send it in parts.")
        if len(self._queue) + count > most:
            raise EncoderUnavailable("Too much waits to be encoded.", hint="Try again in a second.")

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._gathered()
            inputs = [waiting.input for waiting in batch]
            results = await loop.run_in_executor(self._pool, self._run, inputs)
            for waiting, result in zip(batch, results, strict=True):
                if waiting.answer.done():
                    continue
                if isinstance(result, Exception):
                    waiting.answer.set_exception(result)
                else:
                    waiting.answer.set_result(result)

    async def _gathered(self) -> list[_Waiting[T]]:
        """The next batch, once it is full or its first member has waited long enough."""
        while True:
            while self._queue and self._queue[0].answer.done():
                self._queue.popleft()
            self._changed.clear()
            if not self._queue:
                await self._changed.wait()
                continue
            left = self._queue[0].since + self._pace.max_wait_s - time.monotonic()
            if len(self._queue) >= self._pace.max_size or left <= 0:
                return self._taken()
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                return self._taken()

    def _taken(self) -> list[_Waiting[T]]:
        batch: list[_Waiting[T]] = []
        while self._queue and len(batch) < self._pace.max_size:
            waiting = self._queue.popleft()
            if not waiting.answer.done():
                batch.append(waiting)
                self._waits.observe(time.monotonic() - waiting.since)
        self._depth.set(len(self._queue))
        self._sizes.observe(len(batch))
        return batch

    def _run(self, inputs: list[T]) -> list[Vector | Exception]:
        if not inputs:
            return []
        try:
            rows = list(self._encode(inputs))
            if len(rows) != len(inputs):
                raise EncoderError(f"A tower gave {len(rows)} vectors for {len(inputs)} inputs.")
            return rows
        except Exception as error:  # a tower may raise anything; it is told to whom it concerns
            if len(inputs) == 1:
                return [error]
        return [self._run([one])[0] for one in inputs]


def _plain(result: Any) -> Vector | Exception:
    if isinstance(result, BaseException) and not isinstance(result, Exception):
        raise result  # cancelled, as the service ends
    answer: Vector | Exception = result
    return answer
