"""Maximal marginal relevance: each next hit is relevant, and unlike those before it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mmr(
    scores: Sequence[float],
    vectors: NDArray[np.float32],
    diversity: float,
    most: int | None = None,
) -> NDArray[np.int64]:
    """int64 (n,): the places of n candidates in their new order (Carbonell and Goldstein 1998).

    Each step takes the candidate of the highest (1 - diversity) x relevance - diversity x (its
    greatest cosine to those taken before); the first is the most relevant. Relevance is the score
    spread over 0 to 1, for scores of any scale; ties go to the one ranked before. O(n^2 dim).

    Args:
        scores: n, best first, of any scale.
        vectors: float32 (n, dim), unit rows; a row of zeros is like nothing.
        diversity: 0 keeps the order, 1 is by difference alone.
        most: how many places matter: those after them go to the others in the order before.
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
    left = np.empty(count)
    order: list[int] = []
    at = int(np.argmax(given))
    for _ in range(count if most is None else min(most, count)):
        order.append(at)
        worth[at] = -np.inf  # taken
        np.maximum(nearest, cosines[at], out=nearest)
        np.multiply(nearest, diversity, out=left)
        np.subtract(worth, left, out=left)
        at = int(left.argmax())
    taken = set(order)
    return np.array(order + [at for at in range(count) if at not in taken], dtype=np.int64)
