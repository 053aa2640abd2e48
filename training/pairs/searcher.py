"""Finds the items that an encoder holds nearest to a query: by an index, or by comparing all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Vectors
from qdrant.store import JOINT, Generation, VectorQuery


@dataclass(frozen=True)
class Found:
    """An item and its cosine, -1 to 1."""

    id: str
    score: float


class Searcher(Protocol):
    """Items by their nearness to a unit vector, float32 (dim,)."""

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Found]:
        """At most `limit` items, best first; of equal ones the smaller id."""
        ...

    def score(self, vector: NDArray[np.float32], item: str) -> float | None:
        """The item's cosine; None where it is not there."""
        ...


class ExactSearcher:
    """Compares with every item: O(N D) a query, and the same answer every time.

    Args:
        ids: of the items.
        vectors: float32 (items, dim), unit length.
    """

    def __init__(self, ids: Sequence[str], vectors: Vectors) -> None:
        if len(ids) != len(vectors):
            raise ValueError("Every item needs a vector.")
        order = sorted(range(len(ids)), key=lambda place: ids[place])
        self._ids = [ids[place] for place in order]
        self._vectors = np.ascontiguousarray(vectors[order])
        self._place = {item: place for place, item in enumerate(self._ids)}

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Found]:
        scores = self._vectors @ vector
        count = min(limit, len(scores))
        # All that tie with the last one, so that the smaller id wins there, too.
        least = np.partition(scores, len(scores) - count)[len(scores) - count] if count else 0.0
        near = np.flatnonzero(scores >= least)
        order = near[np.argsort(-scores[near], kind="stable")][:count]
        return [Found(self._ids[place], float(scores[place])) for place in order]

    def score(self, vector: NDArray[np.float32], item: str) -> float | None:
        place = self._place.get(item)
        return None if place is None else float(self._vectors[place] @ vector)


class IndexSearcher:
    """Searches a collection of a data directory or server.

    Args:
        generation: open; the caller closes it.
        exact: compare with every point, without the index: slower, and complete.
    """

    def __init__(self, generation: Generation, *, exact: bool = False) -> None:
        self._generation = generation
        self._exact = exact

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[Found]:
        query = VectorQuery(vector, limit, exact=self._exact, with_payload=False)
        points = [Found(point.id, point.score) for point in self._generation.query(query)]
        return sorted(points, key=lambda found: (-found.score, found.id))

    def score(self, vector: NDArray[np.float32], item: str) -> float | None:
        points = self._generation.retrieve([item], with_vectors=True)
        return float(points[0].vectors[JOINT] @ vector) if points else None
