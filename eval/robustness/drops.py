"""The outcome of a robustness study, as data: scores, and how far they fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from eval.retrieval.resampling import Bootstrap, Interval

_CHUNK = 4_000_000
"""Drawn queries in memory at a time."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its confidence interval; no interval for fewer than two queries."""

    value: float
    interval: Interval | None = None


@dataclass(frozen=True)
class Condition:
    """One corruption at one severity.

    Attributes:
        score: the metric, mean over queries.
        drop: clean score less `score`, over the same queries; over 0: it got worse.
        relative: `drop` as a share of the clean score; None where that is 0.
    """

    corruption: str
    severity: int
    score: float
    drop: Estimate
    relative: Estimate | None


@dataclass(frozen=True)
class Robustness:
    """One encoder on one task under corruptions.

    Attributes:
        corrupted: 'queries' or 'gallery': which pictures were corrupted.
        metric: what the scores are, such as 'ndcg@10'; higher is better.
        queries: number of queries.
        clean: the score of the pictures as they are.
        mean_drop: of the conditions, each counting the same; the intervals are of the same
            resamples of queries as those of the conditions.
        seed: of the corruptions.
    """

    task: str
    direction: str
    encoder: str
    fingerprint: str
    corrupted: str
    metric: str
    queries: int
    seed: int
    bootstrap: Bootstrap
    clean: Estimate
    conditions: tuple[Condition, ...]
    mean_drop: Estimate
    mean_relative: Estimate | None

    @property
    def corruptions(self) -> tuple[str, ...]:
        """Names, in the order of measurement."""
        return tuple(dict.fromkeys(one.corruption for one in self.conditions))

    @property
    def severities(self) -> tuple[int, ...]:
        """Ascending."""
        return tuple(sorted({one.severity for one in self.conditions}))

    def condition(self, corruption: str, severity: int) -> Condition:
        """Raises KeyError for one that was not measured."""
        for one in self.conditions:
            if (one.corruption, one.severity) == (corruption, severity):
                return one
        raise KeyError((corruption, severity))


@dataclass(frozen=True)
class Drops:
    """The estimates of `estimate_drops`, in the order of its columns."""

    clean: Estimate
    drops: tuple[Estimate, ...]
    relatives: tuple[Estimate | None, ...]
    mean_drop: Estimate
    mean_relative: Estimate | None


def estimate_drops(
    clean: NDArray[np.float64], corrupted: Sequence[NDArray[np.float64]], bootstrap: Bootstrap
) -> Drops:
    """How far the mean over queries falls, with paired percentile bootstrap intervals.

    The same queries are drawn for the clean and all corrupted scores (Efron & Tibshirani 1993,
    chapter 8.3), so that what makes a query hard in both cancels out.

    Args:
        clean: float64 (queries,), the metric of each query.
        corrupted: of each condition, float64 (queries,) of the same queries.
    """
    values = np.stack([clean, *corrupted], axis=1)
    point, drawn = values.mean(axis=0), _drawn_means(values, bootstrap)
    drop, fall = point[0] - point[1:], drawn[:, :1] - drawn[:, 1:]
    estimate = partial(_estimate, bootstrap)
    relatives: tuple[Estimate | None, ...] = (None,) * len(drop)
    mean_relative = None
    if point[0]:
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample may have no score at all
            share = fall / drawn[:, :1]
        relatives = tuple(map(estimate, drop / point[0], share.T))
        mean_relative = estimate(drop.mean() / point[0], share.mean(axis=1))
    return Drops(
        clean=estimate(point[0], drawn[:, 0]),
        drops=tuple(map(estimate, drop, fall.T)),
        relatives=relatives,
        mean_drop=estimate(drop.mean(), fall.mean(axis=1)),
        mean_relative=mean_relative,
    )


def _estimate(bootstrap: Bootstrap, value: np.float64, resampled: NDArray[np.float64]) -> Estimate:
    """A value, with its interval where there are resamples that all have a value."""
    if not resampled.size or not np.isfinite(resampled).all():
        return Estimate(float(value))
    low, high = np.percentile(resampled, bootstrap.percentiles)
    return Estimate(float(value), Interval(float(low), float(high)))


def _drawn_means(values: NDArray[np.float64], bootstrap: Bootstrap) -> NDArray[np.float64]:
    """float64 (resamples, columns): the means of each resample; none for fewer than two rows."""
    if len(values) < 2:
        return np.empty((0, values.shape[1]))
    generator = np.random.default_rng(bootstrap.seed)
    count = len(values)
    size = max(1, _CHUNK // count)
    shares = np.full(count, 1 / count)
    parts = [
        generator.multinomial(count, shares, size=min(size, bootstrap.resamples - start)) @ values
        for start in range(0, bootstrap.resamples, size)
    ]
    return np.concatenate(parts) / count
