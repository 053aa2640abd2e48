"""What comes in, checked and brought into the engines' form before they see it.

The engines take NaN, zero vectors and half a batch without a word.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import (
    BinocleError,
    InvalidCursor,
    InvalidFilter,
    InvalidItem,
    InvalidName,
    InvalidQuery,
)
from core.fields import FieldType
from core.items import check_item_id
from qdrant.store import (
    AnyVector,
    CollectionConfig,
    HybridQuery,
    Order,
    Point,
    SparseVector,
    VectorQuery,
)

_NAMESPACE = uuid.UUID("6a0b1f5e-2c1d-5f0e-9b57-62696e6f636c")
_SHORTEST = 1e-12
"""Vectors shorter than this have no direction worth the name in float32."""
_UINT64 = 2**64
_INT64 = -(2**63)
_UINT32 = 2**32
_COUNTED = (FieldType.KEYWORD, FieldType.INTEGER, FieldType.BOOL)
_ORDERED = (FieldType.INTEGER, FieldType.FLOAT, FieldType.DATETIME)


@lru_cache(maxsize=4096)  # a load asks for the ids of a batch several times
def point_uuid(item_id: str) -> uuid.UUID:
    """The id inside the engine: a UUIDv5 of the user's id. It also fixes the order of scrolling."""
    return uuid.uuid5(_NAMESPACE, item_id)


def checked_points(points: Sequence[Point], config: CollectionConfig) -> list[Point]:
    """The points with unit vectors float32 (dim,) and JSON payloads that hold their id.

    Of several points with one id the last one counts. Raises InvalidItem for the first point that
    can't be stored.
    """
    return list({point.id: _checked(point, config) for point in points}.values())


def checked_payload(item_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `payload` with "id" in it. Raises InvalidItem where it is not JSON."""
    try:
        text = _ENCODER.encode(dict(payload))
        text.encode()
        copy: dict[str, Any] = _DECODER.decode(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidItem(
            f"The payload of item '{item_id}' can't be stored as JSON: {error}.", field="payload"
        ) from error
    return {**copy, "id": item_id}


def checked_query(query: VectorQuery | HybridQuery, config: CollectionConfig) -> list[AnyVector]:
    """The query's vectors, each as `checked_vector`. Raises InvalidQuery."""
    if query.limit < 1 or query.offset < 0:
        raise InvalidQuery("A query needs a limit of at least 1 and an offset of at least 0.")
    if isinstance(query, VectorQuery):
        return [checked_vector(query.vector, query.using, config)]
    if not query.prefetch:
        raise InvalidQuery("A hybrid query needs at least one list.")
    for part in query.prefetch:
        if part.limit < 1 or not (0 < part.weight < np.inf):
            raise InvalidQuery("Each list of a hybrid query needs a limit and a weight above 0.")
        if part.half is not None and not 0 < part.half < np.inf:
            raise InvalidQuery("The score that counts as one half has to be above 0.")
    return [checked_vector(part.vector, part.using, config) for part in query.prefetch]


def checked_vector(vector: AnyVector, using: str, config: CollectionConfig) -> AnyVector:
    """float32 (dim,), unit length; sparse vectors in order of their indices. InvalidQuery."""
    if using in config.sparse and isinstance(vector, SparseVector):
        return _sparse(vector, "The query", InvalidQuery)
    if using in config.vectors and not isinstance(vector, SparseVector):
        return _unit(vector, config.vectors[using], "The query", InvalidQuery)
    kind = "sparse" if isinstance(vector, SparseVector) else "dense"
    raise InvalidQuery(
        f"The collection has no {kind} vector '{using}'.",
        hint=f"Vectors: {', '.join(sorted([*config.vectors, *config.sparse]))}.",
    )


def check_order(order: Order, config: CollectionConfig) -> None:
    """Raise InvalidQuery unless points can be ordered by the field."""
    kinds = config.schema.fields
    if kinds.get(order.field) not in _ORDERED:
        able = sorted(name for name, kind in kinds.items() if kind in _ORDERED)
        kind = f"is of type {kinds[order.field].value}" if order.field in kinds else "is not there"
        raise InvalidQuery(
            f"'{order.field}' {kind}, so items can't be sorted by it.",
            hint=f"Fields to sort by: {', '.join(able)}.",
            field="sort",
        )


def check_facet(field: str, config: CollectionConfig) -> None:
    """Raise InvalidFilter unless the values of `field` can be counted."""
    kinds = config.schema.fields
    if kinds.get(field) not in _COUNTED:
        countable = sorted(name for name, kind in kinds.items() if kind in _COUNTED)
        kind = f"is of type {kinds[field].value}" if field in kinds else "does not exist"
        raise InvalidFilter(
            f"'{field}' {kind}, so its values can't be counted.",
            hint=f"Fields to count by: {', '.join(countable)}.",
            field=field,
        )


def scroll_start(after: str | None) -> uuid.UUID | None:
    """Where a page starts by the token of the page before it. Raises InvalidCursor."""
    try:
        return None if after is None else uuid.UUID(after)
    except ValueError:
        raise InvalidCursor(f"'{after}' is no token of a next page.") from None


def _checked(point: Point, config: CollectionConfig) -> Point:
    try:
        check_item_id(point.id)
    except InvalidName as error:
        raise InvalidItem(error.message, hint=error.hint, field="id") from error
    if set(point.vectors) != set(config.vectors):
        raise InvalidItem(
            f"Item '{point.id}' has the vectors {sorted(point.vectors)}; the collection holds "
            f"{sorted(config.vectors)}.",
            field="vector",
        )
    vectors = {
        name: _unit(vector, config.vectors[name], f"Item '{point.id}'", InvalidItem)
        for name, vector in point.vectors.items()
    }
    return Point(
        point.id,
        vectors,
        checked_payload(point.id, point.payload),
        _checked_sparse(point, config),
    )


def _checked_sparse(point: Point, config: CollectionConfig) -> dict[str, SparseVector]:
    if not set(point.sparse) <= set(config.sparse):
        raise InvalidItem(
            f"Item '{point.id}' has the sparse vectors {sorted(point.sparse)}; the collection "
            f"holds {sorted(config.sparse)}.",
            field="vector",
        )
    return {
        name: _sparse(vector, f"Item '{point.id}'", InvalidItem)
        for name, vector in point.sparse.items()
        if vector.indices
    }


def _sparse(vector: SparseVector, owner: str, error: type[BinocleError]) -> SparseVector:
    pairs = sorted(zip(vector.indices, vector.values, strict=False))
    values = np.asarray([value for _, value in pairs], dtype=np.float32)
    indices = [index for index, _ in pairs]
    wrong = len(vector.indices) != len(vector.values) or len(set(indices)) != len(indices)
    wrong = wrong or any(not 0 <= index < _UINT32 for index in indices)
    if wrong or not np.isfinite(values).all():
        raise error(
            f"{owner} has a sparse vector whose indices are not distinct and of 32 bits, or whose "
            "values are not one finite number for each.",
            field="vector",
        )
    return SparseVector(tuple(indices), tuple(values.tolist()))


def _unit(
    vector: NDArray[np.float32], dim: int, owner: str, error: type[BinocleError]
) -> NDArray[np.float32]:
    exact = np.asarray(vector, dtype=np.float64)
    if exact.shape != (dim,):
        raise error(
            f"{owner} has a vector of shape {exact.shape}; the collection takes ({dim},).",
            field="vector",
        )
    length = float(np.linalg.norm(exact))
    if not np.isfinite(length) or length < _SHORTEST:
        raise error(
            f"{owner} has a vector that is zero or not finite, which has no direction.",
            field="vector",
        )
    return np.asarray(exact / length, dtype=np.float32)


def _integer(digits: str) -> int:
    number = int(digits)
    if not _INT64 <= number < _UINT64:  # the engine would turn it into a float
        raise ValueError(f"{digits} does not fit in 64 bits")
    return number


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
_DECODER = json.JSONDecoder(parse_int=_integer)
"""Made once: `json.dumps` and `json.loads` make one for every call with options."""
