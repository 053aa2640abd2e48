"""Sample-ratio check: whether the variants have the shares of units that they were to have.

Where they have not, something loses people of one variant more than of another (crashes, redirects,
a cache, a filter of robots), and no other figure of the experiment can be trusted (Fabijan et al.
2019, Diagnosing sample ratio mismatch in online controlled experiments).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import scipy  # its parts load when they are first used: they take a second

SUSPICIOUS = 0.001
"""Below this p, shares are not by chance."""


@dataclass(frozen=True)
class Balance:
    """Units by variant, those expected, and the p of Pearson's chi-squared test."""

    units: Mapping[str, int]
    expected: Mapping[str, float]
    p: float

    @property
    def suspicious(self) -> bool:
        return self.p < SUSPICIOUS


def balance(units: Mapping[str, int], shares: Mapping[str, float]) -> Balance:
    """Of the counts by variant beside shares that add up to 1. p is 1 where there are no units."""
    total = sum(units.get(name, 0) for name in shares)
    counts = {name: units.get(name, 0) for name in shares}
    expected = {name: total * share for name, share in shares.items()}
    if total == 0 or len(shares) < 2:
        return Balance(counts, expected, 1.0)
    p = scipy.stats.chisquare(list(counts.values()), list(expected.values())).pvalue
    return Balance(counts, expected, float(p))
