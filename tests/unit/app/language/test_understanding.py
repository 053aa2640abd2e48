"""What a request with a box asks for, and which words are known as values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.search.language.understanding import UNWANTED, understand
from app.search.language.vocabulary import Known, Vocabulary, vocabulary_of
from app.search.query import IdPart, Part, SearchRequest, TextPart
from core.errors import InvalidQuery
from core.fields import FieldType, Schema

SHOP = Schema({"brand": FieldType.KEYWORD, "colour": FieldType.KEYWORD, "price": FieldType.FLOAT})
WORDS = vocabulary_of(
    [
        Known("brand", "New Balance", 9),
        Known("brand", "Orange", 2),
        Known("colour", "Orange", 7),
        Known("colour", "navy blue", 3),
        Known("colour", "blue", 5),
        Known("colour", "x", 5),
    ]
)


def no_words() -> Vocabulary:
    raise AssertionError("asked for the vocabulary")


def asked(text: str, **options: Any) -> SearchRequest:
    request = SearchRequest((TextPart(text),), understand=True, **options)
    return understand(request, SHOP, lambda: WORDS)[0]


def test_a_request_that_does_not_ask_for_it_stays_as_it_is() -> None:
    request = SearchRequest((TextPart("price:<50 -x"),))
    assert understand(request, SHOP, no_words) == (request, ())


def test_the_parts_of_a_box_become_the_parts_of_the_query() -> None:
    changed = asked("shoes -leather price:<50")
    assert changed.parts == (TextPart("shoes"), TextPart("leather", UNWANTED))
    assert changed.filter == {"price": {"lt": 50}}


def test_weights_of_a_box_are_shares_of_its_parts_weight() -> None:
    request = SearchRequest((TextPart("shoes -leather", 2.0), IdPart("a")), understand=True)
    parts: tuple[Part, ...] = understand(request, SHOP, no_words)[0].parts
    assert parts == (TextPart("shoes", 2.0), TextPart("leather", 2 * UNWANTED), IdPart("a"))


def test_a_text_to_keep_away_from_is_no_box() -> None:
    request = SearchRequest((TextPart("a"), TextPart("price:<5", -1.0)), understand=True)
    assert understand(request, SHOP, no_words)[0].parts == request.parts


def test_conditions_alone_make_a_browse() -> None:
    changed = asked("price:<50")
    assert changed.parts == ()
    assert changed.filter == {"price": {"lt": 50}}


@pytest.mark.parametrize("given", [{"brand": "a"}, json.dumps({"brand": "a"})])
def test_the_requests_own_filter_holds_too(given: Any) -> None:
    changed = asked("shoes price:<50", filter=given)
    assert changed.filter == {"and": [{"brand": "a"}, {"price": {"lt": 50}}]}


def test_a_filter_that_is_no_json_is_left_to_who_reads_it() -> None:
    assert asked("shoes price:<50", filter="{").filter == "{"


def test_values_are_spelt_as_the_collection_does() -> None:
    assert asked('brand:"new balance",acme').filter == {"brand": ["New Balance", "acme"]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NEW BALANCES shoes", [("NEW BALANCES", "brand")]),
        ("a navy blue hat", [("navy blue", "colour")]),
        ("blue navy", [("blue", "colour")]),
        ("an orange one", [("orange", "colour"), ("orange", "brand")]),
        ("new shoes, balance", []),
        ("x", []),
    ],
)
def test_the_longest_values_in_a_text_are_recognised(
    text: str, found: list[tuple[str, str]]
) -> None:
    seen = WORDS.recognised(text)
    assert [(each.words, value.field) for each in seen for value in each.values] == found
    assert all(text[each.start : each.end] == each.words for each in seen)


def test_recognised_values_become_filters_only_where_asked() -> None:
    text = "orange shoes by new balance"
    assert asked(text).filter is None
    assert asked(text, recognise="boost").filter is None
    either = {"or": [{"colour": "Orange"}, {"brand": "Orange"}]}
    changed = asked(text, recognise="filter")
    assert changed.filter == {"and": [either, {"brand": "New Balance"}]}
    assert changed.parts == (TextPart(text),)  # they still say what is meant


def test_what_was_understood_is_told() -> None:
    request = SearchRequest((TextPart("blue -red pric:5"),), understand=True, recognise="boost")
    (told,) = (one.as_json() for one in understand(request, SHOP, lambda: WORDS)[1])
    assert told["text"] == "blue pric:5"
    assert told["without"] == ["red"]
    assert told["recognised"] == [{"words": "blue", "field": "colour", "value": "blue"}]
    assert "price" in told["notes"][0]


def test_an_unknown_way_to_recognise_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="recognise"):
        SearchRequest(recognise="maybe")  # type: ignore[arg-type]
