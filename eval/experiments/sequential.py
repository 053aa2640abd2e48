"""Tests that may be read at any time, as often as one likes, and stopped by what they say.

Confidence sequences and always-valid p-values from the mixture sequential probability ratio test
with a normal mixture (Robbins 1970; Johari, Pekelis and Walsh 2022, Always valid inference:
continuous monitoring of A/B tests, Operations Research 70(3)), with estimated variances, which
makes them asymptotic (Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Time-uniform central
limit theory and asymptotic confidence sequences, Annals of Statistics 52(6)): the chance that the
truth is ever outside is at most alpha once there are enough units for means to be about normal.
Before LEAST units on either side nothing is said.

The mixture's scale is the difference one hopes to see, in the metric's own unit. It has to be set
before anything is seen: whatever it is, the guarantee holds; near the true difference, the test
ends soonest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eval.experiments.fixed import Difference
from eval.experiments.moments import Figures, Moments

LEAST = 50
"""Units on either side before anything is said."""


def always_valid(
    control: Moments,
    treatment: Moments,
    *,
    scale: float,
    alpha: float = 0.05,
    bounded: bool = False,
) -> Difference:
    """Treatment less control as it is now: interval of the confidence sequence, and p-value.

    Over several looks, the least p so far counts, and the intersection of the intervals; each look
    alone is valid, too. Infinite interval and p = 1 below LEAST units.

    Args:
        bounded: whether the figure lies from 0 to 1: then also a unanimous one is tested.
    """
    estimate = treatment.estimate - control.estimate
    enough = np.minimum(control.units, treatment.units) >= LEAST
    sides = [each.floored() if bounded else each.variance for each in (control, treatment)]
    return mixture(estimate, sides[0] + sides[1], enough, scale, alpha)


def always_valid_mean(sample: Moments, *, scale: float, alpha: float = 0.05) -> Difference:
    """As `always_valid`, of one mean against 0."""
    return mixture(sample.estimate, sample.variance, sample.units >= LEAST, scale, alpha)


def mixture(
    estimate: Figures, variance: Figures, enough: NDArray[np.bool_], scale: float, alpha: float
) -> Difference:
    """Of an estimate d with its variance V: the likelihood ratio is
    sqrt(V / (V + s^2)) exp(s^2 d^2 / 2V(V + s^2)), p its inverse, and the interval where it stays
    below 1 / alpha."""
    if not (scale > 0 and 0 < alpha < 1):
        raise ValueError("The scale is positive, and alpha between 0 and 1.")
    square = scale**2
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        both = variance + square
        ratio = 0.5 * np.log(variance / both) + square * estimate**2 / (2 * variance * both)
        p = np.minimum(1.0, np.exp(-ratio))
        width = np.sqrt(variance * both / square * (-2 * np.log(alpha) + np.log(both / variance)))
    usable = enough & np.isfinite(estimate) & (variance > 0)
    width = np.where(usable, width, np.inf)
    with np.errstate(invalid="ignore"):
        low, high = estimate - width, estimate + width
    return Difference(
        np.asarray(estimate),
        np.asarray(np.where(usable, low, -np.inf)),
        np.asarray(np.where(usable, high, np.inf)),
        np.asarray(np.where(usable, p, 1.0)),
    )
