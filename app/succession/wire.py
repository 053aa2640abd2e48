"""Points as JSON, between a service and a process that builds the next generation beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import InvalidItem
from qdrant.queries import SparseVector
from qdrant.store import Point


def point_as_json(point: Point) -> dict[str, Any]:
    """Dense vectors as base64 of float32, little-endian: exact, and a third of the size of text."""
    vectors = {
        name: base64.b64encode(np.asarray(row, dtype="<f4").tobytes()).decode()
        for name, row in point.vectors.items()
    }
    sparse = {
        name: {"indices": vector.indices, "values": vector.values}
        for name, vector in point.sparse.items()
    }
    return {"id": point.id, "vectors": vectors, "sparse": sparse, "payload": dict(point.payload)}


def point_from_json(data: Mapping[str, Any]) -> Point:
    """Raises InvalidItem for what can't be a point."""
    try:
        vectors = {
            name: np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4")
            for name, text in data["vectors"].items()
        }
        sparse = {
            name: SparseVector(tuple(said["indices"]), tuple(said["values"]))
            for name, said in data["sparse"].items()
        }
        return Point(str(data["id"]), vectors, dict(data["payload"]), sparse)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise InvalidItem(f"This is no point: {error!r}.", field="points") from None
