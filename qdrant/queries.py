"""What can be asked of a generation: nearest points by one vector, or by several fused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.filters import Filter
from core.sparse import SparseVector as SparseVector

JOINT = "joint"
"""Name of the vector in the space that images and texts share."""
COLOR = "color"
"""Name of the dense vector of appearance: colour and texture."""
TEXT = "text"
"""Name of the sparse vector of an item's words."""

RRF_K = 60
"""The constant of reciprocal rank fusion (Cormack et al. 2009)."""


AnyVector = NDArray[np.float32] | SparseVector
"""A dense vector, float32 (dim,), unit length; or a sparse one, of any length."""


@dataclass(frozen=True)
class VectorQuery:
    """The nearest points to a vector, best first; ties in no certain order.

    By a dense vector all points that pass are ranked, by cosine. By a sparse one only those that
    share an index are found, by the sum of the products, each times the index's IDF: ln(1 + (N - n
    + 0.5) / (n + 0.5)) for n of N points with a sparse vector that is not empty.

    exact: compare with every point, without the index: the yardstick, O(N D).
    """

    vector: AnyVector
    limit: int
    using: str = JOINT
    filter: Filter | None = None
    offset: int = 0
    exact: bool = False
    with_payload: bool = True


@dataclass(frozen=True)
class Prefetch:
    """One of several lists to be fused.

    Attributes:
        limit: how many of the best of this list take part.
        weight: share in the fusion, above 0.
        filter: only for this list, beside that of the whole query.
        half: for weighted fusion, the score s that counts as one half, by s / (s + half): brings
            scores without an upper bound to 0-1. None takes scores as they are.
        missing: for weighted fusion, what counts for a point that this list has not.
    """

    using: str
    vector: AnyVector
    limit: int
    weight: float = 1.0
    filter: Filter | None = None
    half: float | None = None
    missing: float = 0.0


@dataclass(frozen=True)
class HybridQuery:
    """The points of several lists, fused inside the engine, best first; ties in no certain order.

    fusion: 'rrf' scores a point by the sum over its lists of 1 / (60 + place / weight - 1), places
    from 1 (Cormack et al. 2009, weighted as Qdrant does); 'weighted' by the sum over all lists of
    weight x score.
    """

    prefetch: tuple[Prefetch, ...]
    limit: int
    fusion: Literal["rrf", "weighted"] = "weighted"
    filter: Filter | None = None
    offset: int = 0
    with_payload: bool = True


@dataclass(frozen=True)
class FusedPoint:
    """A point found by several lists, with its exact score by each of them.

    Attributes:
        score: the sum over all lists of weight x share of `raw`.
        raw: by list, in their order: its exact score; 0 where a sparse list finds nothing in it.
        vector: float32 (dim,), unit, of the joint space; None where it was not asked for.
    """

    id: str
    score: float
    raw: tuple[float, ...]
    payload: Mapping[str, Any]
    vector: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Fused:
    """Points best first by their exact scores, equal ones by id.

    Attributes:
        fetched: how many the lists had together, at most the query's limit.
        left: how many of these were not kept, though they might have been.
    """

    points: list[FusedPoint]
    fetched: int
    left: int


@dataclass(frozen=True)
class Order:
    """By the values of an integer, float or datetime field. Of several values of one point the
    first by this order counts; points without a value come last. Ties go by the engine's ids."""

    field: str
    descending: bool = False
