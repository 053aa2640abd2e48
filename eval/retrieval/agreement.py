"""How far two rankings of one query agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CUT = 10
_LEAST = 5
"""A correlation over fewer shared items says nothing."""


@dataclass(frozen=True)
class Agreement:
    """Over many queries.

    Attributes:
        overlap: mean share of one side's best ten that are among the other's best ten, 0 to 1.
        correlation: mean of Kendall's tau-b over the items of both lists, -1 to 1; None where no
            pair of lists shares five.
        correlated: number of queries that `correlation` is of.
    """

    queries: int
    overlap: float
    correlation: float | None
    correlated: int


def agreement(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> Agreement:
    """Of lists of ids, best first, one for each query, in one order of the queries."""
    from scipy.stats import kendalltau  # slow to import, and every command would wait for it

    overlaps, taus = [], []
    for one, other in zip(first, second, strict=True):
        length = max(1, min(CUT, max(len(one), len(other))))
        overlaps.append(len({*one[:CUT]} & {*other[:CUT]}) / length)
        place = {item: at for at, item in enumerate(other)}
        shared = [(at, place[item]) for at, item in enumerate(one) if item in place]
        if len(shared) >= _LEAST:
            taus.append(float(kendalltau(*zip(*shared, strict=True)).statistic))
    return Agreement(
        queries=len(overlaps),
        overlap=float(np.mean(overlaps)) if overlaps else 0.0,
        correlation=float(np.mean(taus)) if taus else None,
        correlated=len(taus),
    )
