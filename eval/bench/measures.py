"""One measured figure, its yardstick and its target."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Measure:
    """A figure beside its target.

    `at_most` or `at_least` is the target for `value`, in `unit`; `basis` says what was compared.
    """

    name: str
    value: float
    unit: str
    basis: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


@dataclass(frozen=True)
class Latencies:
    """Seconds of repeated calls."""

    seconds: tuple[float, ...]

    def percentile(self, rank: float) -> float:
        """The latency in milliseconds that `rank` percent of the calls did not exceed."""
        return float(np.percentile(self.seconds, rank)) * 1000

    @property
    def p50(self) -> float:
        return self.percentile(50)

    @property
    def p99(self) -> float:
        return self.percentile(99)


def time_in_turn(calls: Sequence[Callable[[int], object]], rounds: int) -> list[Latencies]:
    """Latencies of several calls, made in turn, so that a machine that slows down slows all.

    Each call gets the number of the round, from 0.
    """
    seconds: list[list[float]] = [[] for _ in calls]
    for number in range(rounds):
        for call, taken in zip(calls, seconds, strict=True):
            started = time.perf_counter()
            call(number)
            taken.append(time.perf_counter() - started)
    return [Latencies(tuple(taken)) for taken in seconds]
