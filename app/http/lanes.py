"""Lanes: bounded pools of threads that blocking work runs in, so that the event loop never waits.

Each kind of work has a lane of its own: photos to encode must not hold up text searches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.settings import ThreadSettings
from core.errors import StoreUnavailable

T = TypeVar("T")


class Lane:
    """A pool of threads with a bounded queue.

    Args:
        threads: calls that run at once.
        max_waiting: calls that may wait beside them; more are refused.
    """

    def __init__(self, name: str, threads: int, max_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"binocle-{name}")
        self._most = threads + max_waiting
        self._taken = 0

    async def run(self, call: Callable[[], T]) -> T:
        """What `call` answers. Raises StoreUnavailable where too many wait already."""
        if self._taken >= self._most:
            raise StoreUnavailable("Too many requests at once.", hint="Try again in a second.")
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, call)
        future.add_done_callback(self._left)
        return await asyncio.shield(future)

    def close(self) -> None:
        """Take no more calls. Those that run go on to their end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _left(self, done: asyncio.Future[T]) -> None:
        self._taken -= 1
        if not done.cancelled():
            done.exception()  # seen, also where the request that waited for it is gone


class Lanes:
    """One lane for each kind of work."""

    def __init__(self, threads: ThreadSettings, max_waiting: int) -> None:
        self.search = Lane("search", threads.search, max_waiting)
        self.image = Lane("image", threads.image, max_waiting)
        self.fetch = Lane("fetch", threads.fetch, max_waiting)
        self.write = Lane("write", threads.write, max_waiting)

    def close(self) -> None:
        """Close all lanes."""
        for lane in (self.search, self.image, self.fetch, self.write):
            lane.close()
