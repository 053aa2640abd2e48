"""How many events one client may send in a minute."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from core.errors import TooMany


class Flood:
    """Counts events by client, in this process, over a sliding minute.

    On the event loop: the library's other storage starts a thread to forget, at nearly every call,
    and whoever starts a thread waits for it.

    Args:
        per_minute: events of one client.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def check(self, client: str, events: int) -> None:
        """Count `events`, all or none of them. Raises TooMany."""
        if await self._limiter.hit(self._limit, client, cost=max(1, events)):
            return
        reset = (await self._limiter.get_window_stats(self._limit, client)).reset_time
        raise TooMany(
            f"More than {self._per_minute:,} events a minute came from one client.",
            hint="Send these again later. BINOCLE_EVENTS__PER_MINUTE is the limit.",
            retry_after_s=max(1, math.ceil(reset - time.time())),
        )
