"""Maximal marginal relevance: each next hit is relevant, and unlike those before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mmr(
    scores: Sequence[float], vectors: NDArray[np.float32], diversity: float
) -> NDArray[np.int64]:
    """int64 (n,): the places of n candidates in their new order (Carbonell and Goldstein 1998).

    Each step takes the candidate of the highest (1 - diversity) x relevance - diversity x (its
    greatest cosine to those taken before); the first is the most relevant. Relevance is the score
    spread over 0 to 1, for scores of any scale; ties go to the one ranked before. O(n^2 dim).

    Args:
        scores: n, best first, of any scale.
        vectors: float32 (n, dim), unit rows; a row of zeros is like nothing.
        diversity: 0 keeps the order, 1 is by difference alone.
    """
    count = len(scores)
    if count < 2 or diversity <= 0:
        return np.arange(count)
    given = np.asarray(scores, dtype=np.float64)
    spread = float(given.max() - given.min())
    relevance = (given - given.min()) / spread if spread > 0 else np.ones(count)
    cosines = np.clip(vectors @ vectors.T, 0.0, 1.0)
    worth = (1.0 - diversity) * relevance
    nearest = np.zeros(count)
    taken = np.zeros(count, dtype=bool)
    order = np.empty(count, dtype=np.int64)
    at = int(np.argmax(given))
    for place in range(count):
        order[place] = at
        taken[at] = True
        np.maximum(nearest, cosines[at], out=nearest)
        at = int(np.argmax(np.where(taken, -np.inf, worth - diversity * nearest)))
    return order
