"""How many events one client may send in a minute."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from core.errors import TooMany


class Flood:
    """Counts events by client, in this process, over a sliding minute.

    Args:
        per_minute: events of one client.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._limit = RateLimitItemPerMinute(per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def check(self, client: str, events: int) -> None:
        """Count `events`, all or none of them. Raises TooMany."""
        if self._limiter.hit(self._limit, client, cost=max(1, events)):
            return
        reset = self._limiter.get_window_stats(self._limit, client).reset_time
        raise TooMany(
            f"More than {self._per_minute:,} events a minute came from one client.",
            hint="Send these again later. BINOCLE_EVENTS__PER_MINUTE is the limit.",
            retry_after_s=max(1, math.ceil(reset - time.time())),
        )
