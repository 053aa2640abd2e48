"""A measured distribution of seconds, kept as its quantiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, model_validator

RANKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
"""The shares of the calls whose slowest is kept."""
_TAIL = (0.9, 0.99)
"""Beyond the last rank the tail goes on as an exponential, as steep as between these two."""


class Sample(BaseModel):
    """Seconds of repeated calls: `quantiles[i]` is what the share `RANKS[i]` did not exceed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: int
    mean: float
    quantiles: tuple[float, ...]

    @model_validator(mode="after")
    def _ordered(self) -> Sample:
        if len(self.quantiles) != len(RANKS) or any(np.diff(self.quantiles) < 0):
            raise ValueError(f"quantiles are {len(RANKS)} seconds that do not fall")
        if self.quantiles[0] < 0 or self.mean < 0 or not np.isfinite(self.quantiles[-1]):
            raise ValueError("seconds are finite and not negative")
        return self

    @classmethod
    def of(cls, seconds: Sequence[float] | NDArray[np.float64]) -> Sample:
        """From at least one measured time."""
        values = np.asarray(seconds, dtype=np.float64)
        quantiles = np.maximum.accumulate(np.quantile(values, RANKS))
        return cls(
            calls=len(values), mean=float(values.mean()), quantiles=tuple(quantiles.tolist())
        )

    @classmethod
    def between(cls, p50: float, p99: float) -> Sample:
        """The exponential tail on a fixed floor that has this median and this 99th percentile."""
        scale = max(p99 - p50, 0.0) / np.log(0.5 / 0.01)
        floor = max(p50 - scale * np.log(2), 0.0)
        quantiles = floor - scale * np.log1p(-np.asarray(RANKS))
        return cls(calls=0, mean=float(floor + scale), quantiles=tuple(quantiles.tolist()))

    @property
    def p50(self) -> float:
        return self.quantiles[RANKS.index(0.5)]

    @property
    def p99(self) -> float:
        return self.quantiles[RANKS.index(0.99)]

    def at(self, ranks: ArrayLike) -> NDArray[np.float64]:
        """Seconds at `ranks` (any shape, 0 to below 1), linear between the kept quantiles."""
        wanted = np.asarray(ranks, dtype=np.float64)
        low, high = (self.quantiles[RANKS.index(rank)] for rank in _TAIL)
        slope = (high - low) / np.log((1 - _TAIL[0]) / (1 - _TAIL[1]))
        beyond = np.maximum(np.log((1 - RANKS[-1]) / np.maximum(1 - wanted, 1e-300)), 0.0)
        answer: NDArray[np.float64] = np.interp(wanted, RANKS, self.quantiles) + slope * beyond
        return answer

    def scaled(self, factor: float) -> Sample:
        """The same distribution, `factor` times as long."""
        return Sample(
            calls=self.calls,
            mean=self.mean * factor,
            quantiles=tuple(second * factor for second in self.quantiles),
        )
