"""How many units an experiment needs, and what it can see with those it has."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import scipy  # its parts load when they are first used: they take a second

_MOST = 1e12


def units_needed(
    deviation: float,
    effect: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    test: Literal["fixed", "sequential"] = "fixed",
) -> int:
    """Units in each of two equal variants, to find a difference of `effect` with chance `power`.

    Args:
        deviation: standard deviation of one unit, as `Moments.deviation` estimates it from a log;
            of a share p it is sqrt(p (1 - p)).
        effect: in the metric's unit, more than 0.
        test: 'sequential' takes `effect` for the mixture's scale and counts the units at which a
            single look finds it; looking earlier, it often ends with fewer.
    """
    _check(deviation, effect, alpha, power)

    def lacks(units: float) -> float:
        return power_of(units, deviation, effect, alpha=alpha, test=test) - power

    if lacks(2.0) >= 0:
        return 2
    high = 4.0
    while lacks(high) < 0:
        high *= 2
        if high > _MOST:
            raise ValueError("No number of units finds a difference this small.")
    return math.ceil(float(scipy.optimize.brentq(lacks, 2.0, high, xtol=0.01)))


def power_of(
    units: float,
    deviation: float,
    effect: float,
    *,
    alpha: float = 0.05,
    test: Literal["fixed", "sequential"] = "fixed",
) -> float:
    """The chance to find `effect` with so many units in each of two variants, in one look."""
    variance = 2 * deviation**2 / units
    width = _WIDTH[test](variance, effect, alpha)
    return float(scipy.stats.norm.sf((width - effect) / math.sqrt(variance)))


def least_effect(
    units: float, deviation: float, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest difference that a fixed-horizon test of so many units a variant finds."""
    both = scipy.stats.norm.isf(alpha / 2) + scipy.stats.norm.ppf(power)
    return float(both * deviation * math.sqrt(2 / units))


def _fixed(variance: float, _: float, alpha: float) -> float:
    return float(scipy.stats.norm.isf(alpha / 2) * math.sqrt(variance))


def _sequential(variance: float, effect: float, alpha: float) -> float:
    both = variance + effect**2
    return math.sqrt(
        variance * both / effect**2 * (-2 * math.log(alpha) + math.log(both / variance))
    )


_WIDTH: dict[str, Callable[[float, float, float], float]] = {
    "fixed": _fixed,
    "sequential": _sequential,
}


def _check(deviation: float, effect: float, alpha: float, power: float) -> None:
    if not (deviation > 0 and effect > 0 and 0 < alpha < 1 and alpha < power < 1):
        raise ValueError(
            "Deviation and effect are more than 0, alpha below power, both between 0 and 1."
        )
