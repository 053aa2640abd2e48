"""How far judges agree on grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Agreement:
    """Of the items that several judges graded.

    Attributes:
        items: how many.
        equal: share of the pairs of grades of one item that are the same, 0 to 1; None without any.
        alpha: Krippendorff's, for distances (interval): 1 is full agreement, 0 is what chance
            gives; None where all grades are the same or no item has two.
    """

    items: int
    equal: float | None
    alpha: float | None


def agreement(grades: Mapping[str, Sequence[float]]) -> Agreement:
    """Of the grades that each item got, from however many judges.

    Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section E, squared distances.
    """
    several = [np.asarray(given, dtype=float) for given in grades.values() if len(given) > 1]
    if not several:
        return Agreement(0, None, None)
    pairs = sum(len(given) * (len(given) - 1) for given in several)
    same = sum(int((given[:, None] == given[None, :]).sum()) - len(given) for given in several)
    values = np.concatenate(several)
    observed = sum(_distances(given) / (len(given) - 1) for given in several) / len(values)
    expected = _distances(values) / (len(values) * (len(values) - 1))
    alpha = None if expected == 0 else float(1 - observed / expected)
    return Agreement(len(several), same / pairs, alpha)


def _distances(values: np.ndarray) -> float:
    """The sum of the squared differences of all ordered pairs."""
    return float(2 * (len(values) * (values**2).sum() - values.sum() ** 2))
