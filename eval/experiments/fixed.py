"""Tests with a fixed horizon: right when they are read once, at a number of units set beforehand.

Read again and again until they say yes, they say yes of anything (Armitage, McPherson and Rowe
1969); for that there is eval/experiments/sequential.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy  # its parts load when they are first used: they take a second

from eval.experiments.moments import Figures, Moments


@dataclass(frozen=True)
class Difference:
    """Treatment less control, float64 of the moments' shape.

    Attributes:
        low, high: ends of the confidence interval; nan where there are too few units.
        p: two-sided; 1 where nothing can be said.
    """

    estimate: Figures
    low: Figures
    high: Figures
    p: Figures


def welch(control: Moments, treatment: Moments, *, alpha: float = 0.05) -> Difference:
    """Welch's t-test of two means or ratios over units, variances by the delta method (Welch 1947;
    degrees of freedom by Satterthwaite 1946)."""
    estimate = treatment.estimate - control.estimate
    one, other = control.variance, treatment.variance
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(one + other)
        freedom = (one + other) ** 2 / (
            one**2 / (control.units - 1) + other**2 / (treatment.units - 1)
        )
        p = 2 * scipy.stats.t.sf(np.abs(estimate) / error, freedom)
        width = scipy.stats.t.isf(alpha / 2, freedom) * error
    return _told(estimate, np.asarray(width), np.asarray(p))


def two_proportions(control: Moments, treatment: Moments, *, alpha: float = 0.05) -> Difference:
    """The z-test of two shares of units, where each unit is a yes or a no: x 0 or 1, y 1. The test
    pools the variance, as both are alike if it is right; the interval does not."""
    estimate = treatment.estimate - control.estimate
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (control.x + treatment.x) / (control.units + treatment.units)
        error = np.sqrt(pooled * (1 - pooled) * (1 / control.units + 1 / treatment.units))
        p = 2 * scipy.stats.norm.sf(np.abs(estimate) / error)
        own = [side.estimate * (1 - side.estimate) / side.units for side in (control, treatment)]
        width = scipy.stats.norm.isf(alpha / 2) * np.sqrt(own[0] + own[1])
    return _told(estimate, np.asarray(width), np.asarray(p))


def _told(estimate: Figures, width: Figures, p: Figures) -> Difference:
    return Difference(
        np.asarray(estimate),
        np.asarray(estimate - width),
        np.asarray(estimate + width),
        np.asarray(np.where(np.isfinite(p), p, 1.0)),
    )
