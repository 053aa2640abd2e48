"""The fan-out over shards, simulated event by event (SimPy).

A query goes to every shard that it asks at once and is done when the last has answered. A shard has
copies on machines of their own; a machine has cores, each of which serves one search at a time, in
the order of arrival. Nothing is assumed of the queues' independence: that is what it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest, SettingsError

if TYPE_CHECKING:
    import simpy

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
"""Service times of one search in one shard, seconds: as many as asked for."""
_DRAWN = 8_192


@dataclass(frozen=True)
class FanOut:
    """What is simulated.

    Attributes:
        shards: that each query asks.
        copies: of each shard.
        cores: of each machine.
        rate: queries per second.
        hedge_s: after so many seconds without an answer another copy is asked too; the first
            answer counts, and the other search is dropped if it has not begun. None: never.
        choose: which copy is asked: one at random, or of two at random the one with less to do.
    """

    shards: int
    rate: float
    copies: int = 1
    cores: int = 1
    hedge_s: float | None = None
    choose: str = "random"

    def __post_init__(self) -> None:
        if min(self.shards, self.copies, self.cores) < 1 or not self.rate > 0:
            raise InvalidRequest("A simulation needs a shard, a copy, a core and a rate above 0.")
        if self.hedge_s is not None and self.copies < 2:
            raise InvalidRequest("Asking another copy takes at least two of them.")
        if self.choose not in ("random", "shorter"):
            raise InvalidRequest(f"There is no way '{self.choose}' to choose a copy.")


@dataclass(frozen=True)
class Simulated:
    """What came of it: seconds of each query, the share of time the cores were busy, and searches
    per shard asked (more than 1 with hedging)."""

    latencies: NDArray[np.float64]
    load: float
    searches: float

    def quantile(self, rank: float) -> float:
        return float(np.quantile(self.latencies, rank))


def check_simulation() -> None:
    """Raises SettingsError where SimPy is missing."""
    if find_spec("simpy") is None:
        raise SettingsError(
            "The simulation needs simpy, which is not installed.",
            hint="pip install 'binocle[plan]'",
        )


def simulate(
    fan_out: FanOut, service: Draw, *, queries: int, warm_up: int = 0, seed: int = 0
) -> Simulated:
    """Runs `queries` queries after `warm_up` others that aren't counted. The same seed gives the
    same result. At a load of 1 or more the queues grow as long as it runs, and so do the latencies.
    """
    check_simulation()
    return _Run(fan_out, service, seed).run(queries, warm_up)


class _Run:
    def __init__(self, fan_out: FanOut, service: Draw, seed: int) -> None:
        import simpy

        self._fan_out = fan_out
        self._service = service
        self._random = np.random.default_rng(seed)
        self._clock = simpy.Environment()
        self._machines = [
            [simpy.Resource(self._clock, fan_out.cores) for _ in range(fan_out.copies)]
            for _ in range(fan_out.shards)
        ]
        self._times: list[float] = []
        self._busy = 0.0
        self._searches = 0

    def run(self, queries: int, warm_up: int) -> Simulated:
        latencies = np.zeros(queries + warm_up)
        self._clock.process(self._arrivals(latencies))
        self._clock.run()
        fan_out = self._fan_out
        cores = fan_out.shards * fan_out.copies * fan_out.cores
        return Simulated(
            latencies[warm_up:],
            self._busy / (cores * max(self._clock.now, 1e-12)),
            self._searches / (fan_out.shards * len(latencies)),
        )

    def _arrivals(self, latencies: NDArray[np.float64]) -> Generator[Any, Any, None]:
        gaps = self._random.exponential(1 / self._fan_out.rate, len(latencies))
        for number, gap in enumerate(gaps):
            yield self._clock.timeout(gap)
            self._clock.process(self._query(number, latencies))

    def _query(self, number: int, latencies: NDArray[np.float64]) -> Generator[Any, Any, None]:
        started = self._clock.now
        ask = self._search if self._fan_out.hedge_s is None else self._hedged
        yield self._clock.all_of([self._clock.process(ask(copies)) for copies in self._machines])
        latencies[number] = self._clock.now - started

    def _search(self, copies: list[simpy.Resource]) -> Generator[Any, Any, None]:
        yield from self._serve(copies[self._chosen(copies)])

    def _hedged(self, copies: list[simpy.Resource]) -> Generator[Any, Any, None]:
        first = self._chosen(copies)
        asked = [self._clock.process(self._until_dropped(copies[first]))]
        patience = self._clock.timeout(self._fan_out.hedge_s or 0.0)
        yield asked[0] | patience
        if asked[0].is_alive:
            other = (first + 1 + int(self._random.integers(len(copies) - 1))) % len(copies)
            asked.append(self._clock.process(self._until_dropped(copies[other])))
            yield asked[0] | asked[1]
            for each in asked:
                if each.is_alive:
                    each.interrupt()

    def _until_dropped(self, machine: simpy.Resource) -> Generator[Any, Any, None]:
        """A search that is given up while it waits, but runs to its end once it has begun."""
        import simpy

        request = machine.request()
        try:
            yield request
        except simpy.Interrupt:
            request.cancel() if not request.triggered else machine.release(request)
            return
        ending = self._clock.timeout(self._begin())
        try:
            yield ending
        except simpy.Interrupt:
            yield ending  # nobody waits for it, but its core is busy
        machine.release(request)

    def _serve(self, machine: simpy.Resource) -> Generator[Any, Any, None]:
        request = machine.request()
        yield request
        yield self._clock.timeout(self._begin())
        machine.release(request)

    def _begin(self) -> float:
        """A search begins: its service time."""
        if not self._times:
            self._times = self._service(self._random, _DRAWN).tolist()
        taken = self._times.pop()
        self._busy += taken
        self._searches += 1
        return taken

    def _chosen(self, copies: list[simpy.Resource]) -> int:
        if len(copies) == 1:
            return 0
        first = int(self._random.integers(len(copies)))
        if self._fan_out.choose == "random":
            return first
        second = (first + 1 + int(self._random.integers(len(copies) - 1))) % len(copies)
        return min(first, second, key=lambda each: copies[each].count + len(copies[each].queue))
