"""Collections, points and filters for the store contract."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.fields import FieldType, Schema, coerce
from qdrant.store import JOINT, CollectionConfig, Point, Quantization

DIM = 8
SCHEMA = Schema(
    {
        "brand": FieldType.KEYWORD,
        "notes": FieldType.TEXT,
        "stock": FieldType.INTEGER,
        "price": FieldType.FLOAT,
        "sale": FieldType.BOOL,
        "seen_at": FieldType.DATETIME,
        "place": FieldType.GEO,
    }
)


def config(*, quantization: Quantization = "int8") -> CollectionConfig:
    return CollectionConfig(
        encoder="compact",
        fingerprint="f" * 64,
        vectors={JOINT: DIM},
        schema=SCHEMA,
        quantization=quantization,
    )


def vector(seed: int, dim: int = DIM) -> NDArray[np.float32]:
    """A unit vector, float32 (dim,), the same for one seed."""
    raw = np.random.default_rng(seed).normal(size=dim)
    return np.asarray(raw / np.linalg.norm(raw), dtype=np.float32)


def point(id: str, seed: int | None = None, **payload: Any) -> Point:
    return Point(
        id,
        {JOINT: vector(zlib.crc32(id.encode(errors="replace")) if seed is None else seed)},
        payload,
    )


def numbered(count: int) -> list[Point]:
    """Points n0, n1, ... with a stock of their number."""
    return [point(f"n{i}", i, stock=i, brand=f"b{i % 3}") for i in range(count)]


WORDS = [
    "red",
    "Red",
    "shoe",
    "shoes",
    "Straße",
    "été",
    "x-1",
    "don't",
    "東京",
    "हिन्दी",
    "a_b",
    "4",
    "ß",
    "İ",
    "ΣΑΣ",
]
MOMENTS = [
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "2026-01-01T02:00:00+02:00",
    "2025-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
]
PLACES = [
    [48.1, 11.6],
    [48.2, 11.5],
    [0.0, 179.9],
    [0.0, -179.9],
    [90.0, 0.0],
    [-90, 50],
    [10, 180],
    [10, -180],
    [-33.9, 151.2],
    [0, 0],
]
INTEGERS = [0, 1, -1, 3, 4, 2**53, 2**53 + 1, 2**63 - 1, -(2**63)]
FLOATS = [0.0, 3, 3.0, 3.5, -0.1, 0.1, 0.30000000000000004, 1e300, -1e-300, 16777217.0]

_text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
_any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.KEYWORD: st.sampled_from(["a", "A", "ab", "abc", "b", "été"]) | _any_text,
    FieldType.TEXT: _text | _any_text,
    FieldType.INTEGER: st.sampled_from(INTEGERS) | st.integers(-5, 5),
    FieldType.FLOAT: st.sampled_from(FLOATS) | st.integers(-5, 5),
    FieldType.BOOL: st.booleans(),
    FieldType.DATETIME: st.sampled_from(MOMENTS)
    | st.datetimes().map(lambda moment: moment.isoformat()),
    FieldType.GEO: st.sampled_from(PLACES)
    | st.tuples(st.integers(-90, 90), st.integers(-180, 180)).map(list),
}


def _stored(name: str, kind: FieldType) -> st.SearchStrategy[Any]:
    one = VALUES[kind].map(lambda value: coerce(name, value, kind))
    return one | st.lists(one, max_size=3).map(
        lambda values: [value for value in values if value is not None]
    )


PAYLOADS = st.fixed_dictionaries(
    {}, optional={name: _stored(name, kind) for name, kind in SCHEMA.attributes.items()}
).map(lambda payload: {name: value for name, value in payload.items() if value is not None})


def _condition(name: str, kind: FieldType) -> st.SearchStrategy[Any]:
    value = VALUES[kind].filter(lambda each: coerce(name, each, kind) is not None)
    several = st.lists(value, min_size=1, max_size=3)
    choices: list[st.SearchStrategy[Any]] = [st.booleans().map(lambda wanted: {"exists": wanted})]
    if kind is FieldType.GEO:
        choices.append(
            st.builds(
                lambda at, km: {"near": at, "km": km},
                value,
                st.sampled_from([1, 25, 500, 9000, 20_100]),
            )
        )
        choices.append(
            st.builds(
                lambda a, b: {"box": [[max(a[0], b[0]), a[1]], [min(a[0], b[0]), b[1]]]},
                value,
                value,
            )
        )
        return st.one_of(choices)
    if kind is FieldType.TEXT:
        value = value.filter(lambda text: any(letter.isalnum() for letter in text))
        several = st.lists(value, min_size=1, max_size=3)
        choices.append(value.map(lambda text: {"match": text}))
        choices.append(value.map(lambda text: {"phrase": text}))
    choices += [
        value,
        several,
        several.map(lambda each: {"any": each}),
        several.map(lambda each: {"none": each}),
    ]
    if kind is FieldType.KEYWORD:
        choices.append(value.map(lambda text: {"prefix": text[:2]}))
    if kind in (FieldType.INTEGER, FieldType.FLOAT, FieldType.DATETIME):
        bounds = st.dictionaries(
            st.sampled_from(["gt", "gte", "lt", "lte"]), value, min_size=1, max_size=3
        )
        choices += [bounds, bounds]
    return st.one_of(choices)


def _leaf(name: str, kind: FieldType) -> st.SearchStrategy[dict[str, Any]]:
    return _condition(name, kind).map(lambda condition: {name: condition})


_LEAVES = st.one_of([_leaf(name, kind) for name, kind in SCHEMA.attributes.items()])
EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"and": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"or": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
