"""How likely a position is to be looked at: estimators of position bias from a log of clicks.

The position-based model: an item is clicked where it is looked at, which hangs on its position
alone, and right for its query, which does not. So click rate = propensity x relevance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError

_ROUNDS = 5000
_CLOSE = 1e-6
_CHUNK = 100_000
_EDGE = 1e-9


@dataclass(frozen=True)
class Events:
    """Items shown. All of shape (n,).

    Attributes:
        group: int64, the same for one item under one query.
        position: int64, from 0.
        clicked: bool.
    """

    group: NDArray[np.int64]
    position: NDArray[np.int64]
    clicked: NDArray[np.bool_]


def harvested(events: Events, positions: int) -> NDArray[np.float64]:
    """float64 (positions,): propensities relative to the first position's, from moved items.

    Intervention harvesting (Agarwal et al., "Estimating Position Bias without Intrusive
    Interventions", WSDM 2019), estimator AllPairs: an item that was shown at k and at j for one
    query tells of both; such items make one pool for each k and j with one relevance. The
    likelihood is maximised by the E and M steps of Wang et al. (WSDM 2018) over these pools. With a
    relevance for each item instead, as that paper's table would have, few impressions an item bias
    the estimate far away: 1.0 for a true 0.57 at three impressions, in a simulation.

    A position that no moved item links to the first one gets the value of the next one above it.
    Raises SourceError where no item moved from or to the first position.
    """
    shown, clicks = _pools(events, positions)
    linked = _linked(shown)
    if linked.sum() < 2:
        raise SourceError(
            "The log has no item that was shown at the first position and elsewhere for one query: "
            "position bias can't be told from relevance.",
            hint="Give the propensities as 'values', or log pages of random order.",
        )
    shown[~linked] = clicks[~linked] = 0
    estimate = _maximised(shown, clicks)
    return _filled(estimate / estimate[0], linked)


def randomised(events: Events, positions: int) -> NDArray[np.float64]:
    """float64 (positions,): ratios of click rates to the first position's, on random pages.

    Where the order is random, relevance is the same at all positions (Joachims et al., "Unbiased
    Learning-to-Rank with Biased Feedback", WSDM 2017, section 5). Positions without impressions get
    the value of the next one above. Raises SourceError where nothing was clicked at the first one.
    """
    shown = np.bincount(events.position, minlength=positions)[:positions]
    clicks = np.bincount(events.position, events.clicked, positions)[:positions]
    if not clicks[0]:
        raise SourceError(
            "Nothing at the first position of the pages of random order was clicked.",
            hint="Log more of such pages, or use another estimator.",
        )
    rates = clicks / np.maximum(shown, 1)
    return _filled(rates / rates[0], shown > 0)


def _pools(events: Events, positions: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """float64 (positions, positions) twice: items shown at both, and the sum of their click rates
    at the first of the two. Each item weighs the same at both, however often it was there."""
    cells, inverse, counts = np.unique(
        events.group * positions + events.position, return_inverse=True, return_counts=True
    )
    rates = np.bincount(inverse, events.clicked) / counts
    _, group = np.unique(cells // positions, return_inverse=True)
    position = cells % positions
    shown = np.zeros((positions, positions))
    clicks = np.zeros((positions, positions))
    groups = int(group[-1]) + 1 if len(group) else 0
    for start in range(0, groups, _CHUNK):
        first, last = np.searchsorted(group, [start, start + _CHUNK])
        part = slice(int(first), int(last))
        there = np.zeros((min(_CHUNK, groups - start), positions))
        rate = np.zeros_like(there)
        there[group[part] - start, position[part]] = 1
        rate[group[part] - start, position[part]] = rates[part]
        shown += there.T @ there
        clicks += rate.T @ there
    np.fill_diagonal(shown, 0)
    np.fill_diagonal(clicks, 0)
    return shown, clicks


def _linked(shown: NDArray[np.float64]) -> NDArray[np.bool_]:
    """bool (positions,): those that a chain of moved items links to the first one."""
    linked = np.zeros(len(shown), dtype=bool)
    linked[0] = True
    while True:
        more = linked | (shown[linked] > 0).any(0)
        if (more == linked).all():
            return linked
        linked = more


def _maximised(shown: NDArray[np.float64], clicks: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (positions,): expectation maximisation of the pools' likelihood."""
    missed = shown - clicks
    total = np.maximum(shown.sum(1), _EDGE)
    both = np.maximum(shown + shown.T, _EDGE)
    seen = 1 / np.arange(1.0, len(shown) + 1)
    right = np.full_like(shown, 0.3)
    for _ in range(_ROUNDS):
        look = seen[:, None]
        passed = 1 - look * right
        looked = clicks + missed * look * (1 - right) / passed
        relevant = clicks + missed * (1 - look) * right / passed
        before = seen / seen[0]
        seen = np.clip(looked.sum(1) / total, _EDGE, 1 - _EDGE)
        # One relevance for the pool, at whichever of its two positions it is seen.
        right = np.clip((relevant + relevant.T) / both, _EDGE, 1 - _EDGE)
        if np.abs(seen / seen[0] - before).max() < _CLOSE:
            break
    return seen


def _filled(values: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """`values`, at most 1 and over 0, where they are known; otherwise that of the next above."""
    above = np.maximum.accumulate(np.where(known, np.arange(len(values)), 0))
    filled: NDArray[np.float64] = np.clip(values, _EDGE, 1.0)[above]
    return filled
