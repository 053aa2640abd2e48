"""A bounded queue between two stages of a pipeline."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Channel(Generic[T]):
    """Passes values from `producers` threads to any number of consumers, `size` at most waiting.

    A full channel makes producers wait, so that a fast stage never runs ahead of a slow one.
    Iterating takes values until every producer has called `close`.
    """

    def __init__(self, size: int, producers: int) -> None:
        self._queue: queue.Queue[T | _End] = queue.Queue(size)
        self._producers = producers
        self._lock = threading.Lock()

    def put(self, value: T) -> None:
        self._queue.put(value)

    def close(self) -> None:
        """To be called once by each producer, after its last value."""
        with self._lock:
            self._producers -= 1
            last = self._producers == 0
        if last:
            self._queue.put(_END)

    def __iter__(self) -> Iterator[T]:
        while True:
            value = self._queue.get()
            if isinstance(value, _End):
                self._queue.put(value)  # for the other consumers; nothing comes after it
                return
            yield value


class _End:
    """Behind the last value."""


_END = _End()
