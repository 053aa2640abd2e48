"""What the tests do, tried on simulated users: how often they are wrong, and what they find.

Many experiments at once, as arrays: of each unit the searches and those with a click. People differ
in how they are given to clicking, so that searches of one person are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.experiments.fixed import welch
from eval.experiments.moments import Figures, Moments
from eval.experiments.power import units_needed
from eval.experiments.sequential import always_valid


@dataclass(frozen=True)
class Crowd:
    """Units whose searches have a click with a chance of their own.

    Args:
        rate: mean chance of a click, 0 to 1.
        alike: 0 to 1: how alike the searches of one unit are (1 / (a + b + 1) of a beta law).
        searches: mean of 1 + Poisson searches of a unit.
    """

    rate: float = 0.3
    alike: float = 0.2
    searches: float = 4.0

    def drawn(
        self, shape: tuple[int, int], generator: np.random.Generator, lift: float = 0.0
    ) -> tuple[Figures, Figures]:
        """Searches with a click, and searches, float64 of `shape`; the rate raised by `lift`."""
        rate, total = self.rate + lift, 1 / self.alike - 1
        chance = generator.beta(rate * total, (1 - rate) * total, size=shape)
        searches = 1 + generator.poisson(self.searches - 1, size=shape)
        clicked = generator.binomial(searches, chance)
        return clicked.astype(np.float64), searches.astype(np.float64)

    def deviation(self, generator: np.random.Generator) -> float:
        """Of one unit's share in the click rate, as a log would tell it."""
        clicked, searches = self.drawn((1, 200_000), generator)
        return float(Moments.of(clicked, searches).deviation[0])


@dataclass(frozen=True)
class Decided:
    """Shares of experiments that were decided, by how they were read."""

    fixed: float  # Welch, once at the end
    peeked: float  # Welch, wrongly: at each look until it says yes
    sequential: float  # always valid, at each look until it says yes
    looks: int
    units: int  # in each variant, at the end
    stopped_at: float  # mean units in each variant at which the sequential test ended


def decided(
    crowd: Crowd,
    *,
    lift: float,
    units: int,
    simulations: int,
    looks: int = 50,
    alpha: float = 0.05,
    scale: float = 0.02,
    seed: int = 0,
) -> Decided:
    """How often experiments of so many units a variant find a difference, where it is `lift`."""
    at = np.unique(np.linspace(units / looks, units, looks).astype(np.int64))
    generator = np.random.default_rng(seed)
    shape = (simulations, units)
    one = Moments.growing(at, *crowd.drawn(shape, generator))
    other = Moments.growing(at, *crowd.drawn(shape, generator, lift))
    with np.errstate(invalid="ignore"):
        once = welch(one, other, alpha=alpha).p <= alpha
    always = always_valid(one, other, scale=scale, alpha=alpha, bounded=True).p <= alpha
    ever = always.any(axis=1)
    ends = np.where(ever, at[np.argmax(always, axis=1)], units)
    return Decided(
        float(once[:, -1].mean()),
        float(once.any(axis=1).mean()),
        float(ever.mean()),
        len(at),
        units,
        float(ends.mean()),
    )


def decided_of_returning(
    crowd: Crowd, *, users: int, looks: int, simulations: int, scale: float, seed: int = 0
) -> float:
    """Share of experiments without any difference that the sequential test decides where everybody
    is there from the first look on and goes on searching: then looks are not of new people."""
    generator = np.random.default_rng((seed, 7))
    total, shape = 1 / crowd.alike - 1, (simulations, users)
    sides = []
    for _ in range(2):
        chance = generator.beta(crowd.rate * total, (1 - crowd.rate) * total, size=shape)
        sides.append((chance, np.zeros(shape), np.zeros(shape)))
    ever = np.zeros(simulations, dtype=np.bool_)
    for _ in range(looks):
        now = []
        for chance, clicked, searches in sides:
            more = generator.poisson(crowd.searches / looks, size=shape)
            clicked += generator.binomial(more, chance)
            searches += more
            now.append(Moments.of(clicked, searches))
        ever |= always_valid(*now, scale=scale, bounded=True).p <= 0.05
    return float(ever.mean())


def planned(crowd: Crowd, effect: float, *, power: float = 0.8, seed: int = 0) -> dict[str, int]:
    """Units in each variant by either test, for a difference of `effect`."""
    deviation = crowd.deviation(np.random.default_rng((seed, 5)))
    return {
        "fixed": units_needed(deviation, effect, power=power),
        "sequential": units_needed(deviation, effect, power=power, test="sequential"),
    }
