"""Confidence intervals of figures over visits.

Visits of one person are alike, so intervals are made over people: a session, or else a user, or
else the visit alone, is one unit.

- The variance of a ratio of sums is taken over units by the delta method
  (`eval.experiments.moments`).
- A mean has Student's t interval with units - 1 degrees of freedom.
- A share has Wilson's score interval (1927) at its effective number of searches, p (1 - p) /
  variance (Korn and Graubard 1998, Confidence intervals for proportions with small expected number
  of positive counts estimated from survey data); where all units agree, at the number of units.
  It stays within 0 and 1.
- A median has Woodruff's interval (1952): that of the share of values up to it, read off them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are first used: they take a second
from numpy.typing import NDArray

from eval.experiments.moments import Moments
from eval.online.figures import Kind

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes:
        value: None where nothing is known of it.
        low, high: None for fewer than two units.
        n: what it is over: searches, items, clicks or visits.
        units: people whose visits say something of it.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    units: int


def estimate(kind: Kind, above: Floats, below: Floats, unit: NDArray[np.int64]) -> Estimate:
    """The figure over visits.

    Args:
        above, below: float64 (visits,), what each adds; of a median its value and 1. A visit that
            says nothing of it adds 0 below.
        unit: int64 (visits,), number of its person, from 0.
    """
    told = below > 0
    above, below = above[told], below[told]
    _, person = np.unique(unit[told], return_inverse=True)
    n, units = int(below.sum()), int(person.max(initial=-1)) + 1
    if not units:
        return Estimate(None, None, None, 0, 0)
    if kind == "median":
        return _median(above, person, n, units)
    sums = _by_person(above, below, person, units)
    value = float(sums.estimate)
    if units < 2:
        return Estimate(value, None, None, n, units)
    low, high = _mean(sums) if kind == "mean" else _share(sums, n)
    return Estimate(value, low, high, n, units)


def _by_person(above: Floats, below: Floats, person: NDArray[np.int64], units: int) -> Moments:
    top = np.bincount(person, weights=above, minlength=units)
    return Moments.of(top, np.bincount(person, weights=below, minlength=units))


def _mean(sums: Moments) -> tuple[float, float]:
    units, value = float(sums.units), float(sums.estimate)
    width = _t(units) * float(np.sqrt(sums.variance))
    return value - width, value + width


def _share(sums: Moments, n: int) -> tuple[float, float]:
    value, variance, units = float(sums.estimate), float(sums.variance), float(sums.units)
    effective = value * (1 - value) / variance if variance > 0 else units
    effective = min(max(effective, 1.0), float(n))
    z2 = _t(units) ** 2
    centre = (value + z2 / (2 * effective)) / (1 + z2 / effective)
    spread = value * (1 - value) / effective + z2 / (4 * effective**2)
    width = np.sqrt(z2 * max(spread, 0.0)) / (1 + z2 / effective)
    return max(0.0, min(value, centre - width)), min(1.0, max(value, centre + width))


def _median(values: Floats, person: NDArray[np.int64], n: int, units: int) -> Estimate:
    value = float(np.median(values))
    if units < 2:
        return Estimate(value, None, None, n, units)
    up_to = (values <= value).astype(np.float64)
    low, high = _share(_by_person(up_to, np.ones_like(values), person, units), n)
    centre = float(up_to.mean())  # ties may put it above a half
    ends = np.clip([0.5 - (centre - low), 0.5 + (high - centre)], 0, 1)
    found = np.quantile(values, ends, method="nearest")
    return Estimate(value, min(float(found[0]), value), max(float(found[1]), value), n, units)


def _t(units: float) -> float:
    """Student's quantile for two-sided intervals."""
    return float(scipy.stats.t.ppf(0.5 + CONFIDENCE / 2, units - 1))
