"""How busy the service was lately: its own metrics of searches, sampled every few seconds."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from app.operations.quantiles import quantile
from app.telemetry import Telemetry

_COLLECTION = "/v1/collections/{collection}"
SEARCHES = frozenset(
    {
        f"{_COLLECTION}/search",
        f"{_COLLECTION}/search/batch",
        f"{_COLLECTION}/items/{{item}}/similar",
    }
)
"""Routes that search. A batch is one request, however many searches it holds."""
_KEPT_SECONDS = 330.0
_LAST = float("inf")


@dataclass(frozen=True)
class Tally:
    """Requests up to a moment of the monotonic clock, in seconds.

    Attributes:
        answered, refused, failed: by status: 2xx; 4xx; 5xx.
        buckets: of those answered, how many took at most so many seconds, by bound.
    """

    at: float
    answered: int = 0
    refused: int = 0
    failed: int = 0
    buckets: dict[float, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    """Requests of a span of time.

    Attributes:
        seconds: how long it really is; shorter than asked for in a young service.
        p50_ms, p95_ms, p99_ms: latency of those answered, in milliseconds; None without any.
    """

    seconds: float
    answered: int
    refused: int
    failed: int
    per_second: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class Pulse:
    """Samples the metrics of searches in a thread, and tells what happened between two moments.

    Args:
        every_seconds: time between two samples.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        *,
        every_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._telemetry = telemetry
        self._every_seconds = every_seconds
        self._clock = clock
        self._start = Tally(clock())
        self._tallies: deque[Tally] = deque([self._start])
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="binocle-pulse", daemon=True)

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread. Idempotent."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def sample(self) -> Tally:
        """Count what there is now, and remember it."""
        tally = _tally(self._telemetry, self._clock())
        with self._lock:
            self._tallies.append(tally)
            while self._tallies[0].at < tally.at - _KEPT_SECONDS:
                self._tallies.popleft()
        return tally

    @property
    def uptime_seconds(self) -> float:
        """Since this was made."""
        return self._clock() - self._start.at

    def window(self, seconds: float | None = None) -> Window:
        """The requests of about the last `seconds`, at most 300; None: since the start."""
        now = _tally(self._telemetry, self._clock())
        if seconds is None:
            return _between(self._start, now)
        with self._lock:
            known = list(self._tallies)
        # The youngest that is old enough; in a young service, the oldest there is.
        before = [tally for tally in known if tally.at <= now.at - seconds]
        return _between(before[-1] if before else known[0], now)

    def _run(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            self.sample()


def _tally(telemetry: Telemetry, at: float) -> Tally:
    counts = {"2": 0, "4": 0, "5": 0}
    buckets: dict[float, float] = {}
    for metric in telemetry.requests.collect():
        for sample in metric.samples:
            if sample.labels["route"] not in SEARCHES:
                continue
            kind = sample.labels["status"][:1]
            if sample.name.endswith("_count") and kind in counts:
                counts[kind] += int(sample.value)
            elif sample.name.endswith("_bucket") and kind == "2":
                bound = float(sample.labels["le"])
                buckets[bound] = buckets.get(bound, 0.0) + sample.value
    return Tally(at, counts["2"], counts["4"], counts["5"], buckets)


def _between(before: Tally, now: Tally) -> Window:
    seconds = max(now.at - before.at, 0.0)
    answered, refused, failed = (
        now.answered - before.answered,
        now.refused - before.refused,
        now.failed - before.failed,
    )
    bounds = sorted(bound for bound in now.buckets if bound != _LAST)
    upto = [now.buckets[bound] - before.buckets.get(bound, 0.0) for bound in sorted(now.buckets)]
    counts = [high - low for low, high in zip([0.0, *upto], upto, strict=False)]

    def latency(share: float) -> float | None:
        found = quantile(share, bounds, counts)
        return None if found is None else found * 1000

    rate = (answered + refused + failed) / seconds if seconds > 0 else 0.0
    return Window(
        seconds, answered, refused, failed, rate, latency(0.5), latency(0.95), latency(0.99)
    )
