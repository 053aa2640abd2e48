"""The slowest of many shards, each with its queue, in numbers instead of a simulation.

Shards are taken as independent. They are not quite: each query reaches all of them at once, so
their queues grow together, which makes the slowest of them faster than this says (Nelson and
Tantawi 1988 prove it for exponential services; eval.planning.simulation shows by how much).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.planning.queueing import erlang_c
from eval.planning.samples import Sample

_GRID = 1_500
_RANKS = 1 - np.concatenate(
    [np.linspace(1, 0.02, 200, endpoint=False), np.geomspace(0.02, 1e-9, 200)]
)


@dataclass(frozen=True)
class Tail:
    """P(slower than `seconds[i]`) is `survival[i]`; both ascend and descend strictly."""

    seconds: NDArray[np.float64]
    survival: NDArray[np.float64]

    def at(self, ranks: NDArray[np.float64]) -> NDArray[np.float64]:
        """Seconds at `ranks`, 0 to below 1."""
        logs = np.log(np.maximum(self.survival, 1e-300))
        return np.interp(-np.log1p(-ranks), -logs, self.seconds)

    def quantile(self, rank: float) -> float:
        return float(self.at(np.array([rank]))[0])

    def slowest_of(self, number: float) -> Tail:
        """Of the slowest among `number` independent ones (Dean and Barroso 2013)."""
        slower = -np.expm1(number * np.log1p(-np.minimum(self.survival, 1 - 1e-12)))
        return Tail(self.seconds, slower)

    def hedged(self, after: float) -> Tail:
        """When another copy is asked too, `after` seconds from the first, and the first answer
        counts; both are independent."""
        other = np.interp(self.seconds - after, self.seconds, self.survival, left=1.0)
        return Tail(self.seconds, self.survival * np.where(self.seconds > after, other, 1.0))


def with_queue(service: Sample, *, servers: int, load: float, service_mean: float) -> Tail:
    """Service plus waiting for one of `servers` cores.

    The waiting time is that of M/M/c with a mean service of `service_mean`: an exponential beside
    an atom at zero. Services here vary less than exponentials, so it errs to the high side.
    """
    waits = erlang_c(servers, load)
    rate = servers * (1 - load) / max(service_mean, 1e-12)
    times = service.at(_RANKS)
    weights = np.diff(np.concatenate([[0.0], (_RANKS[1:] + _RANKS[:-1]) / 2, [1.0]]))
    longest = times[-1] + 25 / rate
    grid = np.concatenate([[0.0], np.geomspace(max(times[0], 1e-7) / 2, longest, _GRID)])
    left = grid[:, None] - times[None, :]
    slower = np.where(left < 0, 1.0, waits * np.exp(-rate * np.maximum(left, 0.0)))
    return Tail(grid, np.minimum.accumulate(slower @ weights))
