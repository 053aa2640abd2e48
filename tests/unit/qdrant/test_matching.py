"""The oracle's own meaning, pinned by hand: everything else is compared with it."""

from __future__ import annotations

import math

import pytest

from core.fields import FieldType
from core.filters import AnyOf, Box, Filter, Matches, Near, Not, Prefix, Range, Sequence
from qdrant.matching import distance_km, field_values, matches, words

MUNICH = {"lat": 48.137, "lon": 11.575}


@pytest.mark.parametrize(
    ("filter", "payload", "passes"),
    [
        (AnyOf("n", (1,)), {"n": True}, False),
        (AnyOf("n", (True,)), {"n": 1}, False),
        (AnyOf("n", (1,)), {"n": [0, 1]}, True),
        (Not(AnyOf("n", (1,))), {}, True),
        (Range("n", FieldType.INTEGER, gt=1, lt=3), {"n": [1, 3]}, False),
        (Range("n", FieldType.FLOAT, gte=3), {"n": 3}, True),
        (
            Range("t", FieldType.DATETIME, lte="2026-01-01T00:00:00Z"),
            {"t": "2026-01-01T02:00:00+02:00"},
            True,
        ),
        (Near("p", 48.208, 16.372, 360), {"p": MUNICH}, True),
        (Near("p", 48.208, 16.372, 350), {"p": MUNICH}, False),
        (Box("p", 49, 11, 48, 12), {"p": MUNICH}, True),
        (Box("p", 49, 12, 48, 11), {"p": MUNICH}, False),
        (Box("p", 49, 170, 48, -170), {"p": {"lat": 48.5, "lon": -175}}, True),
        (Matches("t", "RED shoes"), {"t": ["shoes!", "a red one"]}, True),
        (Matches("t", "red"), {"t": "redder"}, False),
        (Sequence("t", "RED shoes"), {"t": ["a", "big red, shoes"]}, True),
        (Sequence("t", "red shoes"), {"t": "shoes red big shoes"}, False),
        (Sequence("t", "red shoes"), {"t": ["red", "shoes"]}, False),
        (Prefix("k", "Ac"), {"k": "acme"}, False),
    ],
)
def test_a_filter_means_what_it_says(
    filter: Filter, payload: dict[str, object], passes: bool
) -> None:
    assert matches(filter, payload) is passes


def test_nulls_and_absent_fields_have_no_values() -> None:
    assert field_values({"a": None, "b": [None, 1]}, "a") == []
    assert field_values({"a": None, "b": [None, 1]}, "b") == [1]
    assert field_values({}, "c") == []


def test_words_are_runs_of_letters_and_digits_of_any_script() -> None:
    assert words("It's a_b 東京 हिन्दी É2") == {"it", "s", "a", "b", "東京", "हिन", "दी", "é2"}


def test_a_quarter_of_the_globe_is_a_quarter_of_its_girth() -> None:
    assert distance_km(0, 0, math.pi / 2, 0) == pytest.approx(10_007.557, abs=0.001)
