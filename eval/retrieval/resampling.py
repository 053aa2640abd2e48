"""Bootstrap resamples of queries: how far a metric would move with other queries of the kind.

Percentile intervals (Efron 1979; Efron and Tibshirani 1993, chapter 13): queries are drawn with
replacement, as many as there are, `resamples` times; the interval lies between the percentiles of
the metric over these. They say nothing of another gallery or of other judgments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.retrieval.metrics import MEDIANS

_CHUNK = 4_000_000
"""Drawn queries in memory at a time."""

_DIGITS = 12  # sums in another order than the mean's must not put it outside by rounding


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are made: B resamples, the share of them inside, and the seed."""

    resamples: int = 1_000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < 1 or not 0 < self.confidence < 1:
            raise ValueError("A bootstrap needs resamples, and a confidence between 0 and 1.")

    @property
    def percentiles(self) -> tuple[float, float]:
        """Of the ends of an interval, 0 to 100."""
        tail = 50 * (1 - self.confidence)
        return tail, 100 - tail


@dataclass(frozen=True)
class Interval:
    """Ends of a confidence interval."""

    low: float
    high: float


def intervals(
    per_query: Mapping[str, NDArray[np.float64]], bootstrap: Bootstrap
) -> dict[str, Interval]:
    """The interval of every metric; none at all for fewer than two queries.

    Args:
        per_query: float64 (queries,) by metric; `MEDIANS` are told by their median.
    """
    names, values = _table(per_query)
    if len(values) < 2:
        return {}
    draws = [_statistics(names, values, weights) for weights in _weights(len(values), bootstrap)]
    return _percentiles(names, np.concatenate(draws), bootstrap)


def paired_intervals(
    first: Mapping[str, NDArray[np.float64]],
    second: Mapping[str, NDArray[np.float64]],
    bootstrap: Bootstrap,
) -> dict[str, Interval]:
    """As `intervals`, of the difference second - first over the same draws."""
    names, left = _table(first)
    _, right = _table(second)
    if len(left) < 2:
        return {}
    draws = []
    for weights in _weights(len(left), bootstrap):
        one, other = _statistics(names, left, weights), _statistics(names, right, weights)
        with np.errstate(invalid="ignore"):  # infinite on both sides: no difference
            draws.append(np.where(one == other, 0.0, other - one))
    return _percentiles(names, np.concatenate(draws), bootstrap)


def _table(
    per_query: Mapping[str, NDArray[np.float64]],
) -> tuple[list[str], NDArray[np.float64]]:
    """Names of the metrics, and float64 (queries, metrics)."""
    names = list(per_query)
    return names, np.stack([per_query[name] for name in names], axis=1)


def _percentiles(
    names: list[str], drawn: NDArray[np.float64], bootstrap: Bootstrap
) -> dict[str, Interval]:
    # 'lower' and 'higher' choose values that were drawn: infinite medians are not averaged.
    low, high = bootstrap.percentiles
    lows = np.percentile(drawn, low, axis=0, method="lower")
    highs = np.percentile(drawn, high, axis=0, method="higher")
    return {
        name: Interval(round(float(lows[column]), _DIGITS), round(float(highs[column]), _DIGITS))
        for column, name in enumerate(names)
    }


def _weights(count: int, bootstrap: Bootstrap) -> Iterator[NDArray[np.float64]]:
    """How often each query is drawn: float64 (some resamples, queries)."""
    generator = np.random.default_rng(bootstrap.seed)
    size = max(1, _CHUNK // count)
    for start in range(0, bootstrap.resamples, size):
        some = min(size, bootstrap.resamples - start)
        drawn = generator.integers(count, size=(some, count))
        drawn += np.arange(some)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=some * count)
        yield times.reshape(some, count).astype(np.float64)


def _statistics(
    names: list[str], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """float64 (resamples, metrics): each metric over each resample."""
    result = np.empty((len(weights), len(names)))
    for column, name in enumerate(names):
        if name in MEDIANS:
            result[:, column] = _medians(values[:, column], weights)
        else:
            result[:, column] = weights @ values[:, column] / len(values)
    return result


def _medians(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each resample, as numpy's: the mean of the middle two of an even number."""
    order = np.argsort(values)
    ordered, count = values[order], len(values)
    reached = np.cumsum(weights[:, order], axis=1)
    lower = (reached <= (count - 1) // 2).sum(axis=1)
    upper = (reached <= count // 2).sum(axis=1)
    return np.asarray((ordered[lower] + ordered[upper]) / 2)
