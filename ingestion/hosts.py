"""Turns with each host: a few requests at a time, and none while it wants rest."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class Hosts:
    """Keeps count of the requests to each host. Safe to call from several threads.

    Args:
        at_once: requests to one host at a time.
        sleep: waits for seconds.
    """

    def __init__(self, at_once: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._turns: defaultdict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(at_once)
        )
        self._until: dict[str, float] = {}

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Waits until it is this caller's turn, and holds it for the block."""
        with self._lock:
            turns = self._turns[host]
        with turns:
            rest = self._until.get(host, 0.0) - time.monotonic()
            if rest > 0:
                self._sleep(rest)
            yield

    def rest(self, host: str, seconds: float) -> None:
        """No request starts to the host for so long."""
        with self._lock:
            until = time.monotonic() + seconds
            self._until[host] = max(until, self._until.get(host, 0.0))


def seconds_asked(retry_after: str) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 for none."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
