"""Filters in JSON: what they become, and that nonsense is refused by name."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidFilter
from core.fields import FieldType, Schema
from core.filter_parser import MAX_CONDITIONS, MAX_DEPTH, parse_filter
from core.filters import (
    And,
    AnyOf,
    Box,
    Exists,
    Matches,
    Near,
    Not,
    Or,
    Prefix,
    Range,
    Sequence,
    both,
)

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
_OPERATORS = [
    "any",
    "none",
    "gt",
    "gte",
    "lt",
    "lte",
    "near",
    "km",
    "box",
    "match",
    "phrase",
    "prefix",
    "exists",
]
_KEYS = st.sampled_from([*SCHEMA.fields, *_OPERATORS, "and", "or", "not", "nothing"]) | st.text(
    max_size=3
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-01-01", "9" * 400, "acme", "\ud800", "1e999"])
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("expression", "filter"),
    [
        ({"brand": "acme"}, AnyOf("brand", ("acme",))),
        ({"brand": ["acme", "zeta"]}, AnyOf("brand", ("acme", "zeta"))),
        ({"brand": {"none": ["acme"]}}, Not(AnyOf("brand", ("acme",)))),
        ({"brand": {"prefix": "ac"}}, Prefix("brand", "ac")),
        ({"sale": True}, AnyOf("sale", (True,))),
        ({"stock": 3}, AnyOf("stock", (3,))),
        ({"stock": {"gte": 2.5}}, Range("stock", FieldType.INTEGER, gte=2.5)),
        ({"price": 3}, Range("price", FieldType.FLOAT, gte=3.0, lte=3.0)),
        ({"price": {"gte": 1, "lt": 2}}, Range("price", FieldType.FLOAT, gte=1.0, lt=2.0)),
        (
            {"seen_at": {"lt": "2026-01-01T01:00:00+01:00"}},
            Range("seen_at", FieldType.DATETIME, lt="2026-01-01T00:00:00Z"),
        ),
        ({"place": {"near": [48, 11], "km": 5}}, Near("place", 48.0, 11.0, 5.0)),
        ({"place": {"box": [[2, 1], [1, 2]]}}, Box("place", 2.0, 1.0, 1.0, 2.0)),
        ({"notes": {"match": "red shoes"}}, Matches("notes", "red shoes")),
        ({"notes": {"phrase": "red shoes"}}, Sequence("notes", "red shoes")),
        ({"notes": "red"}, Matches("notes", "red")),
        ({"brand": {"exists": False}}, Not(Exists("brand"))),
        ({"or": [{"stock": 1}, {"stock": 2}]}, Or((AnyOf("stock", (1,)), AnyOf("stock", (2,))))),
        ({"stock": 1, "sale": False}, And((AnyOf("stock", (1,)), AnyOf("sale", (False,))))),
        ({"not": {"stock": 1}}, Not(AnyOf("stock", (1,)))),
        ({}, None),
        (None, None),
        ("null", None),
        ('{"stock": 1}', AnyOf("stock", (1,))),
    ],
)
def test_an_expression_becomes_its_filter(expression: Any, filter: Any) -> None:
    assert parse_filter(expression, SCHEMA) == filter


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ({"colour": "red"}, "colour"),
        ({"stock": "three"}, "stock"),
        ({"stock": True}, "stock"),
        ({"stock": 1.5}, "stock"),
        ({"stock": 2**63}, "stock"),
        ({"price": {"gt": "1"}}, "price"),
        ({"price": {"gt": float("inf")}}, "price"),
        ({"price": {"above": 1}}, "above"),
        ({"price": {}}, "price"),
        ({"brand": []}, "brand"),
        ({"brand": {"gt": "a"}}, "range"),
        ({"brand": {"match": "a"}}, "match"),
        ({"brand": {"phrase": "a"}}, "phrase"),
        ({"notes": {"phrase": "---"}}, "word"),
        ({"notes": {"prefix": "a"}}, "prefix"),
        ({"notes": {"match": "---"}}, "word"),
        ({"sale": "true"}, "sale"),
        ({"seen_at": "yesterday"}, "seen_at"),
        ({"place": [48, 11]}, "place"),
        ({"place": {"near": [48, 11]}}, "km"),
        ({"place": {"near": [48, 11], "km": -1}}, "km"),
        ({"place": {"near": [98, 11], "km": 1}}, "place"),
        ({"place": {"box": [[1, 1], [2, 2]]}}, "north"),
        ({"brand": {"exists": "yes"}}, "exists"),
        ({"and": []}, "and"),
        ({"not": []}, "filter"),
        ([1], "filter"),
        ("{", "JSON"),
    ],
)
def test_what_is_wrong_is_told_by_name(expression: Any, told: str) -> None:
    with pytest.raises(InvalidFilter, match=told):
        parse_filter(expression, SCHEMA)


def test_an_unknown_field_lists_the_fields_there_are() -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse_filter({"colour": "red"}, SCHEMA)
    assert caught.value.field == "colour"
    assert all(name in caught.value.hint for name in SCHEMA.fields)


@given(_JSON)
def test_no_json_makes_anything_but_a_filter_or_a_refusal(expression: Any) -> None:
    with suppress(InvalidFilter):
        parse_filter(expression, SCHEMA)


@given(st.text() | _JSON.map(json.dumps))
def test_no_text_makes_anything_but_a_filter_or_a_refusal(text: str) -> None:
    with suppress(InvalidFilter):
        parse_filter(text, SCHEMA)


def test_nesting_and_size_are_limited() -> None:
    deep: dict[str, Any] = {"stock": 1}
    for _ in range(MAX_DEPTH + 1):
        deep = {"not": deep}
    with pytest.raises(InvalidFilter, match="deep"):
        parse_filter(deep, SCHEMA)
    with pytest.raises(InvalidFilter, match="conditions"):
        parse_filter({"or": [{"stock": 1}] * (MAX_CONDITIONS + 1)}, SCHEMA)


def test_text_nested_past_the_parser_is_refused() -> None:
    with pytest.raises(InvalidFilter):
        parse_filter('{"not":' * 100_000, SCHEMA)


def test_filters_given_are_joined_and_absent_ones_left_out() -> None:
    one, two = Exists("brand"), Exists("price")
    assert both(None, None) is None
    assert both(None, one) == one
    assert both(one, None, two) == And((one, two))


def test_a_collection_made_before_phrases_says_so() -> None:
    old = Schema({"notes": FieldType.TEXT}, phrases=False)
    with pytest.raises(InvalidFilter, match="before phrases"):
        parse_filter({"notes": {"phrase": "red shoes"}}, old)
