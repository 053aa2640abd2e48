"""Points, as they go to the embedded engine and come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import qdrant_edge as engine

from qdrant.checks import point_uuid
from qdrant.store import Point, ScoredPoint, SparseVector


def upsertion(points: Sequence[Point]) -> engine.UpdateOperation:
    """The operation that writes checked points."""
    return engine.UpdateOperation.upsert_points(
        [
            engine.Point(point_uuid(point.id), _vectors(point), dict(point.payload))
            for point in points
        ]
    )


def point_of(record: engine.Record) -> Point:
    """A point as it was stored; no vectors where none were asked for."""
    payload = record.payload or {}
    given: dict[str, Any] = record.vector if isinstance(record.vector, dict) else {}
    sparse = {
        name: SparseVector(tuple(each.indices), tuple(each.values))
        for name, each in given.items()
        if isinstance(each, engine.SparseVector) and each.indices
    }
    dense = {
        name: np.asarray(each, dtype=np.float32)
        for name, each in given.items()
        if not isinstance(each, engine.SparseVector)
    }
    return Point(payload["id"], dense, payload, sparse)


def scored_of(point: engine.ScoredPoint, *, with_payload: bool, cosine: bool) -> ScoredPoint:
    """A point found; a cosine within -1 and 1."""
    payload = point.payload or {}
    # float32 sums stray over the edge
    score = min(max(point.score, -1.0), 1.0) if cosine else point.score
    return ScoredPoint(payload["id"], score, payload if with_payload else {})


def _vectors(point: Point) -> dict[str, Any]:
    dense: dict[str, Any] = {name: row.tolist() for name, row in point.vectors.items()}
    sparse = {
        name: engine.SparseVector(list(each.indices), list(each.values))
        for name, each in point.sparse.items()
    }
    return {**dense, **sparse}
