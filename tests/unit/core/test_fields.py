"""Values as fields store them."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidItem, InvalidName
from core.fields import (
    BUILTIN_FIELDS,
    FieldType,
    Schema,
    check_field_name,
    coerce,
    field_name,
    infer_type,
    parse_datetime,
)

_VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | st.datetimes()
    | st.dates()
    | st.sampled_from(["1e999", "9" * 5000, "2026-01-31T10:00+14:00", "0001-01-01T00:00+10:00"])
)
_NESTED = st.recursive(
    _VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["lat", "lon", "x"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "kind", "stored"),
    [
        (" acme ", FieldType.KEYWORD, "acme"),
        (7, FieldType.KEYWORD, "7"),
        (True, FieldType.KEYWORD, "true"),
        ("12", FieldType.INTEGER, 12),
        (12.0, FieldType.INTEGER, 12),
        (3, FieldType.FLOAT, 3.0),
        ("1.5", FieldType.FLOAT, 1.5),
        ("Yes", FieldType.BOOL, True),
        (0, FieldType.BOOL, False),
        ("2026-01-31", FieldType.DATETIME, "2026-01-31T00:00:00Z"),
        ("2026-01-31T12:00:00+02:00", FieldType.DATETIME, "2026-01-31T10:00:00Z"),
        ("31.01.2026", FieldType.DATETIME, "2026-01-31T00:00:00Z"),
        (date(2026, 1, 31), FieldType.DATETIME, "2026-01-31T00:00:00Z"),
        (0, FieldType.DATETIME, "1970-01-01T00:00:00Z"),
        ([48.1, 11.6], FieldType.GEO, {"lat": 48.1, "lon": 11.6}),
        ("48.1, 11.6", FieldType.GEO, {"lat": 48.1, "lon": 11.6}),
        ({"lat": 1, "lon": 2}, FieldType.GEO, {"lat": 1.0, "lon": 2.0}),
        (["a", None, "", "b"], FieldType.KEYWORD, ["a", "b"]),
        ("", FieldType.INTEGER, None),
        (math.nan, FieldType.FLOAT, None),
        (" NaN ", FieldType.FLOAT, None),
        ("NaN", FieldType.KEYWORD, "NaN"),
    ],
)
def test_a_value_is_stored_as_its_type(value: Any, kind: FieldType, stored: Any) -> None:
    result = coerce("x", value, kind)
    assert result == stored
    assert type(result) is type(stored)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("twelve", FieldType.INTEGER),
        (1.5, FieldType.INTEGER),
        (True, FieldType.INTEGER),
        (2**63, FieldType.INTEGER),
        (math.inf, FieldType.FLOAT),
        ("maybe", FieldType.BOOL),
        ("soon", FieldType.DATETIME),
        ([91, 0], FieldType.GEO),
        ([1, 2, 3], FieldType.GEO),
        ({"a": 1}, FieldType.KEYWORD),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(value: Any, kind: FieldType) -> None:
    with pytest.raises(InvalidItem, match=f"'size' is declared as {kind.value}") as caught:
        coerce("size", value, kind)
    assert caught.value.field == "size"


@given(_NESTED, st.sampled_from(FieldType))
def test_any_value_is_stored_as_json_or_refused(value: Any, kind: FieldType) -> None:
    try:
        stored = coerce("x", value, kind)
    except InvalidItem:
        return
    json.dumps(stored, allow_nan=False)
    assert coerce("x", stored, kind) == stored


@given(st.lists(_VALUES, max_size=4))
def test_an_inferred_type_takes_all_its_values(values: list[Any]) -> None:
    try:
        kind = infer_type(values)
    except InvalidItem:
        return
    for value in values:
        coerce("x", value, kind)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2", ""], FieldType.INTEGER),
        ([1, 2.5], FieldType.FLOAT),
        (["9.50", "NaN"], FieldType.FLOAT),
        (["NaN", "nan"], FieldType.KEYWORD),
        (["true", "no"], FieldType.BOOL),
        ([0, 1], FieldType.INTEGER),
        (["2026-01-01", "2026-02-01"], FieldType.DATETIME),
        (["0123", "4567"], FieldType.KEYWORD),
        (["red", "blue"], FieldType.KEYWORD),
        (["a long text " * 10], FieldType.TEXT),
        ([None, ""], FieldType.KEYWORD),
    ],
)
def test_the_narrowest_type_is_inferred(values: list[Any], kind: FieldType) -> None:
    assert infer_type(values) is kind


@given(st.text(max_size=80))
def test_any_heading_becomes_a_name_that_is_allowed(column: str) -> None:
    check_field_name(field_name(column))


@pytest.mark.parametrize(
    "name", ["", "1a", "a b", "a.b", "x" * 65, "and", "title", "_image", "a\n"]
)
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        Schema({name: FieldType.KEYWORD})


def test_a_schema_holds_built_in_and_declared_fields() -> None:
    assert Schema({"brand": FieldType.KEYWORD}).fields == {
        **BUILTIN_FIELDS,
        "brand": FieldType.KEYWORD,
    }


def test_a_collection_may_declare_what_else_would_be_derived() -> None:
    schema = Schema({"colors": FieldType.TEXT})
    assert schema.fields["colors"] is FieldType.TEXT
    assert not schema.derives("colors")
    assert schema.derives("safety")
    assert not schema.derives("title")


def test_a_moment_without_an_offset_is_utc() -> None:
    assert parse_datetime("2026-01-31 12:00:00") == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_places_stop_short_of_the_edges_of_the_map() -> None:
    stored = coerce("place", [90, -180], FieldType.GEO)
    assert stored["lat"] == pytest.approx(90, abs=1e-8)
    assert stored["lon"] == pytest.approx(-180, abs=1e-8)
    assert stored["lat"] < 90
    assert stored["lon"] > -180
