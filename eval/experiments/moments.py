"""Sums over units (users or sessions), from which means, ratios and their variances follow.

A figure such as "searches with a click / searches" has one numerator and one denominator for each
unit. The searches of one person are alike, so it is units that are independent, never searches:
the variance of the ratio is taken over units by the delta method (Deng, Knoblich and Lu 2018,
Applying the delta method in metric analytics). A mean over units is the ratio with denominator 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """Sums over units of x, y and their products: float64 of any one shape, such as of many looks.

    Attributes:
        units: how many.
        x, y: sums of numerators and of denominators.
        xx, xy, yy: sums of their products.
    """

    units: Figures
    x: Figures
    y: Figures
    xx: Figures
    xy: Figures
    yy: Figures

    @staticmethod
    def of(x: ArrayLike, y: ArrayLike | None = None) -> Moments:
        """Of numerators and denominators float64 (..., units); without `y`, of means over units."""
        top = np.asarray(x, dtype=np.float64)
        below = np.ones_like(top) if y is None else np.asarray(y, dtype=np.float64)
        products = (top, below, top * top, top * below, below * below)
        sums = [np.asarray(each.sum(axis=-1)) for each in products]
        return Moments(np.full(sums[0].shape, float(top.shape[-1])), *sums)

    @staticmethod
    def growing(at: ArrayLike, x: ArrayLike, y: ArrayLike | None = None) -> Moments:
        """Over the first `at` units each: int (looks,), float64 (..., units) -> sums of shape
        (..., looks)."""
        top = np.asarray(x, dtype=np.float64)
        below = np.ones_like(top) if y is None else np.asarray(y, dtype=np.float64)
        looks = np.asarray(at, dtype=np.int64)
        products = (top, below, top * top, top * below, below * below)
        sums = [np.cumsum(each, axis=-1)[..., looks - 1] for each in products]
        return Moments(np.broadcast_to(looks.astype(np.float64), sums[0].shape), *sums)

    @property
    def estimate(self) -> Figures:
        """Sum of x by sum of y; nan where there is no y."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.x / self.y)

    @property
    def variance(self) -> Figures:
        """Of the estimate; nan for fewer than two units or no y."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio, mean = self.x / self.y, self.y / self.units
            # x - ratio * y has the mean 0, so its variance is the mean of its squares
            spread = self.xx - 2 * ratio * self.xy + ratio**2 * self.yy
            return np.asarray(np.maximum(spread, 0) / (self.units - 1) / self.units / mean**2)

    def floored(self) -> Figures:
        """The variance of a figure that lies from 0 to 1, which is never quite 0: as if each unit
        were at most sure to half a unit. Of a unanimous handful nothing is certain."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.maximum(self.variance, 0.25 / self.units**2))

    @property
    def deviation(self) -> Figures:
        """Standard deviation of one unit's share in the estimate: what sample sizes need."""
        return np.asarray(np.sqrt(self.variance * self.units))
