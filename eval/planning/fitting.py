"""Lines through a few measured sizes, that never fall: more points never cost less."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Rows = Sequence[tuple[float, float]]
"""Measured (size, value)."""


@dataclass(frozen=True)
class LogLine:
    """a + b ln(size), with b at least 0, and never below 0."""

    a: float
    b: float

    def at(self, size: float) -> float:
        return max(self.a + self.b * math.log(max(size, 2.0)), 0.0)


def line(rows: Rows) -> LogLine:
    """The least squares of a + b ln(size) through the means of each size.

    Where the slope would be negative, or there is one size only, it is flat: the value of the
    largest size.
    """
    sizes = sorted({size for size, _ in rows})
    means = [float(np.mean([value for size, value in rows if size == each])) for each in sizes]
    if len(sizes) > 1:
        b, a = np.polyfit(np.log(sizes), means, 1)
        if b >= 0:
            return LogLine(float(a), float(b))
    return LogLine(means[-1], 0.0)


def alike(rows: Rows, growth: LogLine) -> LogLine:
    """The line through `rows`; with one size only, one that grows in proportion to `growth`."""
    sizes = {size for size, _ in rows}
    known = growth.at(max(sizes))
    if len(sizes) > 1 or known == 0:
        return line(rows)
    ratio = float(np.mean([value for _, value in rows])) / known
    return LogLine(growth.a * ratio, growth.b * ratio)


def slope(rows: Rows) -> float:
    """What one more costs: the difference of the largest and the smallest size, by their distance;
    with one size only, its value for each."""
    ordered = sorted(rows)
    (small, at_small), (large, at_large) = ordered[0], ordered[-1]
    if large == small:
        return at_large / large
    return max((at_large - at_small) / (large - small), 0.0)


def in_dim(rows: Rows, dim: int) -> float:
    """A value at `dim` from those at measured dimensions, ascending; it never falls with `dim`.

    Between measured ones linear; above the last in proportion to the dimensions, below the first as
    the first: bounds from above, as only a part of the work is in comparing numbers.
    """
    dims = [each for each, _ in rows]
    values = np.maximum.accumulate([value for _, value in rows])
    if dim > dims[-1]:
        return float(values[-1] * dim / dims[-1])
    return float(np.interp(dim, dims, values))
