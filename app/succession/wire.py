"""Points as JSON, between a service and a process that builds the next generation beside it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidItem
from qdrant.queries import SparseVector
from qdrant.store import Point


def row_as_text(row: NDArray[np.float32]) -> str:
    """Base64 of float32, little-endian."""
    return base64.b64encode(np.asarray(row, dtype="<f4").tobytes()).decode()


def rows_from_texts(texts: Sequence[str], dim: int) -> NDArray[np.float32]:
    """float32 (n, dim). Raises InvalidItem for what is no such row."""
    try:
        rows = [np.frombuffer(base64.b64decode(each, validate=True), dtype="<f4") for each in texts]
        stacked: NDArray[np.float32] = np.stack(rows).reshape(len(rows), dim).astype(np.float32)
        return stacked
    except (TypeError, ValueError, binascii.Error) as error:
        raise InvalidItem(f"These are no vectors of {dim}: {error!r}.", field="vectors") from None


def point_as_json(point: Point) -> dict[str, Any]:
    """Dense vectors as base64 of float32, little-endian: exact, and a third of the size of text."""
    vectors = {name: row_as_text(row) for name, row in point.vectors.items()}
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
