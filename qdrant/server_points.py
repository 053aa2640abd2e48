"""Points, as they go to a server and come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from qdrant_client.http import models

from core.errors import InvalidItem
from qdrant.checks import point_uuid
from qdrant.store import Point, ScoredPoint, SparseVector

_INT64 = 2**63


def as_struct(point: Point) -> models.PointStruct:
    """A checked point as the client takes it."""
    vectors: Any = {name: vector.tolist() for name, vector in point.vectors.items()}
    for name, sparse in point.sparse.items():
        vectors[name] = models.SparseVector(
            indices=list(sparse.indices), values=list(sparse.values)
        )
    return models.PointStruct(
        id=str(point_uuid(point.id)), vector=vectors, payload=dict(point.payload)
    )


def point_of(record: models.Record) -> Point:
    """A point as it was stored; `vectors` is empty where none were asked for."""
    payload = record.payload or {}
    vectors = record.vector if isinstance(record.vector, dict) else {}
    dense, sparse = {}, {}
    for name, vector in vectors.items():
        if not isinstance(vector, models.SparseVector):
            dense[name] = np.asarray(vector, dtype=np.float32)
        elif vector.indices:
            sparse[name] = SparseVector(tuple(vector.indices), tuple(vector.values))
    return Point(payload["id"], dense, payload, sparse)


def scored_of(point: models.ScoredPoint, *, with_payload: bool, cosine: bool) -> ScoredPoint:
    """A point found; a cosine within -1 and 1."""
    payload = point.payload or {}
    # float32 sums stray over the edge
    score = min(max(point.score, -1.0), 1.0) if cosine else point.score
    return ScoredPoint(payload["id"], score, payload if with_payload else {})


def check_integers(item_id: str, value: Any) -> None:
    """Raise InvalidItem for an integer that gRPC can't carry: it has no unsigned ones."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            check_integers(item_id, each)
    elif isinstance(value, int) and value >= _INT64:
        raise InvalidItem(
            f"The payload of item '{item_id}' holds {value}, which gRPC can't carry.",
            hint="Use BINOCLE_SERVER__GRPC=false, or a smaller number.",
            field="payload",
        )


def counted(answer: models.FacetResponse, limit: int) -> list[tuple[str | int | bool, int]]:
    """Values and their counts, by count and then value; of those since deleted nothing is told."""
    counts = [(hit.value, hit.count) for hit in answer.hits if hit.count]
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:limit]
