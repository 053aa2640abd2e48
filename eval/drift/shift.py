"""Whether two samples can be of one distribution.

Of vectors, two tests that see different things:

- the energy distance (Szekely and Rizzo 2004, Testing for equal distributions in high dimension),
  2 E|X - Y| - E|X - X'| - E|Y - Y'|, zero only where the two are alike; p is the share of random
  divisions of all vectors into two such samples that have at least this distance;
- Kolmogorov and Smirnov's test along the first principal components of the baseline, p adjusted by
  Holm's method for their number: which direction has moved.

Of counts, the population stability index, sum (b - a) ln(b / a) over shares a before and b now:
below 0.1 little has changed, over 0.25 much (Siddiqi 2006, Credit risk scorecards, chapter 6), and
the p of the chi-squared test of homogeneity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Vectors
from eval.retrieval.significance import holm

COMPONENTS = 10
PERMUTATIONS = 999
LEAST = 20
"""Fewer vectors on a side tell nothing."""
_SMOOTH = 0.5
"""Added to every count: a kind that is new must not make the index infinite."""
_CHUNK = 100


@dataclass(frozen=True)
class VectorShift:
    """Attributes:
    before, now: numbers of vectors.
    distance: energy distance, 0 to 4. p: of its permutation test.
    components: adjusted p of each principal component, by the variance that it explains.
    """

    before: int
    now: int
    distance: float
    p: float
    components: tuple[float, ...]

    @property
    def least(self) -> float:
        """The smaller p of the two tests, doubled, as they are two: at most 1."""
        return min(1.0, 2 * min((self.p, *self.components)))


@dataclass(frozen=True)
class CountShift:
    """Attributes:
    index: the population stability index.
    p: of the chi-squared test; 1 where there is but one kind.
    """

    before: Mapping[str, int]
    now: Mapping[str, int]
    index: float
    p: float


def vector_shift(before: Vectors, now: Vectors, *, seed: int = 0) -> VectorShift | None:
    """Of float32 (n, dim) and (m, dim); None where either side has fewer than `LEAST`."""
    if min(len(before), len(now)) < LEAST:
        return None
    distance, p = _energy(before, now, seed)
    return VectorShift(len(before), len(now), distance, p, _components(before, now))


def count_shift(before: Mapping[str, int], now: Mapping[str, int]) -> CountShift | None:
    """None where either side has fewer than `LEAST`."""
    from scipy.stats import chi2_contingency  # slow to import

    if min(sum(before.values()), sum(now.values())) < LEAST:
        return None
    kinds = sorted({*before, *now})
    counts = np.array([[side.get(kind, 0) for kind in kinds] for side in (before, now)], float)
    smooth = counts + _SMOOTH
    first, second = smooth / smooth.sum(1, keepdims=True)
    index = float(sum((b - a) * math.log(b / a) for a, b in zip(first, second, strict=True)))
    used = counts[:, counts.sum(0) > 0]
    p = float(chi2_contingency(used).pvalue) if used.shape[1] > 1 else 1.0
    return CountShift(dict(before), dict(now), index, p)


def _energy(before: Vectors, now: Vectors, seed: int) -> tuple[float, float]:
    from scipy.spatial.distance import cdist  # slow to import

    both = np.concatenate([before, now]).astype(np.float64)
    distances = cdist(both, both)
    count, first = len(both), len(before)
    observed = _distances(distances, (np.arange(count) < first)[None])[0]
    generator = np.random.default_rng(seed)
    reached = 0
    for start in range(0, PERMUTATIONS, _CHUNK):
        some = min(_CHUNK, PERMUTATIONS - start)
        drawn = generator.permuted(np.tile(np.arange(count) < first, (some, 1)), axis=1)
        reached += int((_distances(distances, drawn) >= observed - 1e-12).sum())
    return max(0.0, float(observed)), (1 + reached) / (1 + PERMUTATIONS)


def _distances(distances: NDArray[np.float64], sides: NDArray[np.bool_]) -> NDArray[np.float64]:
    """float64 (divisions,): the energy distance of each; `sides` (divisions, n) are the first."""
    one = sides.astype(np.float64)
    one /= one.sum(1, keepdims=True)
    other = (~sides).astype(np.float64)
    other /= other.sum(1, keepdims=True)
    apart = one - other
    # 2 E|X-Y| - E|X-X'| - E|Y-Y'| is the quadratic form of the difference of the two weights.
    return np.asarray(-np.einsum("kn,kn->k", apart @ distances, apart))


def _components(before: Vectors, now: Vectors) -> tuple[float, ...]:
    from scipy.stats import ks_2samp  # slow to import

    centre = before.mean(0)
    _, _, axes = np.linalg.svd(before - centre, full_matrices=False)
    axes = axes[:COMPONENTS]
    one, other = (before - centre) @ axes.T, (now - centre) @ axes.T
    return tuple(holm([float(ks_2samp(one[:, k], other[:, k]).pvalue) for k in range(len(axes))]))
