"""Points, as they go to the embedded engine and come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import qdrant_edge as engine

from qdrant.checks import point_uuid
from qdrant.store import Point, ScoredPoint, SparseVector

_PLAIN = re.compile("[A-Za-z0-9_]+")


def upsertion(points: Sequence[Point]) -> engine.UpdateOperation:
    """The operation that writes checked points."""
    return engine.UpdateOperation.upsert_points(
        [
            engine.Point(point_uuid(point.id), _vectors(point), dict(point.payload))
            for point in points
        ]
    )


def new_payload(
    record: engine.Record, payload: Mapping[str, Any]
) -> list[Callable[[], engine.UpdateOperation]]:
    """The operations that give a stored point the checked `payload` in place of its own.

    Only what differs is sent: of a product with a new price that takes half as long as all of it.
    """
    before = record.payload or {}
    gone = [name for name in before if name not in payload]
    # The engine reads odd names as paths here, and passes over values that are null.
    if None in payload.values() or not all(map(_PLAIN.fullmatch, gone)):
        return [lambda: engine.UpdateOperation.overwrite_payload([record.id], dict(payload))]
    new = {
        name: value
        for name, value in payload.items()
        if name not in before or not _same(before[name], value)
    }
    found: list[Callable[[], engine.UpdateOperation]] = []
    if gone:
        found.append(lambda: engine.UpdateOperation.delete_payload([record.id], gone))
    if new:
        found.append(lambda: engine.UpdateOperation.set_payload([record.id], new))
    return found


def _same(before: Any, value: Any) -> bool:
    """Equal, and of the same types: to Python 1, 1.0 and true are one. Objects never are."""
    if type(before) is not type(value) or isinstance(value, dict) or before != value:
        return False
    return not isinstance(value, list) or all(map(_same, before, value))


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
