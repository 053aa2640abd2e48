"""An encoder service that batches against one that takes inputs one by one, in turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

import numpy as np

from eval.bench.measures import Latencies, Measure

Load = Callable[[], Latencies]
"""A round of requests by some clients, each of which sends its next when answered."""


def bench_batching(
    name: str, batched: Load, alone: Load, *, clients: int, rounds: int, basis: str
) -> list[Measure]:
    """Requests per second of both, and the median of their ratios round by round.

    Clients in a closed loop without pauses: requests per second are their number divided by the
    mean latency (Little 1961).
    """
    pairs = [(batched(), alone()) for _ in range(rounds)]
    together, single = ([pair[at] for pair in pairs] for at in (0, 1))
    ratio = statistics.median(_rate(a, clients) / _rate(b, clients) for a, b in pairs)
    return [
        Measure(f"{name}, one by one", _median(single, clients), "requests/s", basis),
        Measure(f"{name}, in batches", _median(together, clients), "requests/s", basis),
        Measure(f"{name}, batches / one by one", ratio, "x", f"median of {rounds} rounds in turn"),
        Measure(f"{name}, one by one, p99", _p99(single), "ms", basis),
        Measure(f"{name}, in batches, p99", _p99(together), "ms", basis),
    ]


def _rate(latencies: Latencies, clients: int) -> float:
    return clients / float(np.mean(latencies.seconds))


def _median(rounds: Sequence[Latencies], clients: int) -> float:
    return statistics.median(_rate(each, clients) for each in rounds)


def _p99(rounds: Sequence[Latencies]) -> float:
    return statistics.median(each.p99 for each in rounds)
