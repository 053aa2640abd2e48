"""Metrics of one query, from the ranks of the items that are relevant to it.

R relevant items, at the ranks r_1 < ... < r_R (from 1) of the whole gallery:

    recall@k     |{i: r_i <= k}| / R
    precision@k  |{i: r_i <= k}| / k, as trec_eval: also where fewer than k items are relevant
    hit_rate@k   1 if r_1 <= k, else 0
    map          mean over i of i / r_i: average precision over the whole ranking, without a cut
    mrr          1 / r_1, without a cut
    ndcg@k       DCG@k / ideal DCG@k; DCG@k = sum over r_i <= k of gain(grade) / log2(1 + r_i)
                 (Jarvelin and Kekalainen 2002). The ideal ranking has all graded items of the query
    median_rank  r_1, whose median over queries is told; lower is better

gain(grade) is the grade itself ('linear', as in trec_eval, the default) or 2^grade - 1
('exponential', as in Burges et al. 2005); for binary judgments the two are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Gain: TypeAlias = Literal["linear", "exponential"]

MEDIAN_RANK = "median_rank"
LOWER_IS_BETTER = frozenset({MEDIAN_RANK})
MEDIANS = frozenset({MEDIAN_RANK})
"""Metrics whose value over queries is the median; of all others it is the mean."""


def metric_names(ks: Sequence[int]) -> list[str]:
    """The metrics that `measure` gives for these cuts, in order."""
    cut = [f"{name}@{k}" for name in ("recall", "precision", "hit_rate", "ndcg") for k in ks]
    return [*cut, "map", "mrr", MEDIAN_RANK]


def measure(
    ranks: NDArray[np.float64],
    grades: NDArray[np.float64],
    ks: Sequence[int],
    *,
    gain: Gain = "linear",
    relevant_from: float = 0.0,
) -> list[float]:
    """The metrics of one query, in the order of `metric_names(ks)`.

    Args:
        ranks: float64 (n,), from 1, of all items with a grade, in any order; infinite for those
            that were not found.
        grades: float64 (n,), over 0.
        relevant_from: least grade that is relevant in the binary metrics; at least one item has it.
    """
    order = np.argsort(ranks)
    ranks, grades = ranks[order], grades[order]
    relevant = ranks[grades >= relevant_from]
    found = [int(np.searchsorted(relevant, k, side="right")) for k in ks]
    places = np.arange(1, len(relevant) + 1)
    return [
        *(hits / len(relevant) for hits in found),
        *(hits / k for hits, k in zip(found, ks, strict=True)),
        *(float(hits > 0) for hits in found),
        *_ndcg(ranks, _gains(grades, gain), ks),
        float(np.mean(places / relevant)),
        1.0 / float(relevant[0]),
        float(relevant[0]),
    ]


def _gains(grades: NDArray[np.float64], gain: Gain) -> NDArray[np.float64]:
    return np.exp2(grades) - 1.0 if gain == "exponential" else grades


def _ndcg(ranks: NDArray[np.float64], gains: NDArray[np.float64], ks: Sequence[int]) -> list[float]:
    found = gains / np.log2(1.0 + ranks)
    ideal = np.sort(gains)[::-1] / np.log2(2.0 + np.arange(len(gains)))
    within = np.searchsorted(ranks, ks, side="right")
    return [float(found[:hits].sum() / ideal[:k].sum()) for hits, k in zip(within, ks, strict=True)]


def overall(name: str, values: NDArray[np.float64]) -> float:
    """The metric over queries: the mean, or for `MEDIANS` the median."""
    return float(np.median(values) if name in MEDIANS else np.mean(values))
