"""The grammar of the one box: what texts mean, and that no text is too odd for it."""

from __future__ import annotations

import time
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.search.language.box import (
    Anything,
    Box,
    Circle,
    Condition,
    Exactly,
    Phrase,
    Span,
    StartsWith,
    Term,
    Word,
)
from app.search.language.meaning import meaning_of
from app.search.language.reading import price_field, read_box
from core.errors import InvalidQuery
from core.fields import FieldType, Schema
from core.filter_parser import parse_filter

SHOP = Schema(
    {
        "brand": FieldType.KEYWORD,
        "price": FieldType.FLOAT,
        "stock": FieldType.INTEGER,
        "sale": FieldType.BOOL,
        "place": FieldType.GEO,
        "notes": FieldType.TEXT,
    }
)


def asked(text: str, schema: Schema = SHOP) -> tuple[str, tuple[str, ...], Any]:
    meaning = meaning_of(read_box(text, schema), schema)
    return meaning.text, meaning.unwanted, meaning.filter


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("blue running shoes", ("blue running shoes", (), None)),
        ("shoes -leather", ("shoes", ("leather",), None)),
        ("t-shirt -40 --x", ("t-shirt -40 --x", (), None)),
        ("shoes under 50", ("shoes", (), {"price": {"lt": 50}})),
        ("shoes UNDER $1,000.50", ("shoes", (), {"price": {"lt": 1000.5}})),
        ("shoes over 10 euros", ("shoes", (), {"price": {"gt": 10}})),
        ("between 10 and 50 shoes", ("shoes", (), {"price": {"gte": 10, "lte": 50}})),
        ("under the sea", ("under the sea", (), None)),
        ("between 9 and 5", ("between 9 and 5", (), None)),
        ("price:10..50", ("", (), {"price": {"gte": 10, "lte": 50}})),
        ("price:<=50", ("", (), {"price": {"lte": 50}})),
        ("price:..50", ("", (), {"price": {"lte": 50}})),
        ("-price:50..", ("", (), {"not": {"price": {"gte": 50}}})),
        ("stock:1,2,3", ("", (), {"stock": [1, 2, 3]})),
        ("BRAND:acme,zenith", ("", (), {"brand": ["acme", "zenith"]})),
        ('brand:"New Balance"', ("", (), {"brand": "New Balance"})),
        ("brand:ac*", ("", (), {"brand": {"prefix": "ac"}})),
        ("brand:*", ("", (), {"brand": {"exists": True}})),
        ("sale:Yes", ("", (), {"sale": True})),
        ("notes:suede", ("", (), {"notes": {"match": "suede"}})),
        ("place:48.1,11.6,5km", ("", (), {"place": {"near": [48.1, 11.6], "km": 5.0}})),
        ("before:2026", ("", (), {"uploaded_at": {"lt": "2026-01-01T00:00:00Z"}})),
        ("after:2025-12-24", ("", (), {"uploaded_at": {"gte": "2025-12-24T00:00:00Z"}})),
        (
            "uploaded_at:2025-02",
            (
                "",
                (),
                {"uploaded_at": {"gte": "2025-02-01T00:00:00Z", "lt": "2025-03-01T00:00:00Z"}},
            ),
        ),
        ("uploaded_at:>2025", ("", (), {"uploaded_at": {"gte": "2026-01-01T00:00:00Z"}})),
        ("colour:red 3:4 https://a.b/c", ("colour:red 3:4 https://a.b/c", (), None)),
        ("price: 50", ("price: 50", (), None)),
        ('so "far', ("so far", (), None)),
    ],
)
def test_a_text_means_what_the_guide_says(text: str, meant: tuple[str, Any, Any]) -> None:
    assert asked(text) == meant


def test_a_phrase_is_searched_for_and_has_to_occur() -> None:
    text, unwanted, condition = asked('big "red shoes"')
    assert (text, unwanted) == ("big red shoes", ())
    places = [{"title": {"phrase": "red shoes"}}, {"description": {"phrase": "red shoes"}}]
    assert condition == {"or": [*places, {"tags": "red shoes"}]}
    assert asked('-"red shoes"') == ("", (), {"not": condition})


def test_a_collection_without_phrases_is_asked_for_all_their_words() -> None:
    _, _, condition = asked('"red shoes"', Schema(phrases=False))
    assert condition["or"][0] == {"title": {"match": "red shoes"}}


def test_typographic_quotes_are_quotes() -> None:
    assert asked("“red shoes”") == asked("„red shoes“") == asked('"red shoes"')


def test_a_price_is_only_guessed_where_one_field_is_the_clear_one() -> None:
    number, keyword = FieldType.FLOAT, FieldType.KEYWORD
    assert price_field(Schema({"weight": number})) == "weight"
    assert price_field(Schema({"weight": number, "unit_price": FieldType.INTEGER})) == "unit_price"
    assert price_field(Schema({"weight": number, "length": number})) is None
    assert price_field(Schema({"price": number, "cost": number})) is None
    assert price_field(Schema({"year": FieldType.INTEGER, "brand": keyword})) is None
    assert asked("shoes under 50", Schema({"brand": keyword})) == ("shoes under 50", (), None)


def test_before_and_after_are_about_the_date_that_a_collection_declares() -> None:
    one = Schema({"released": FieldType.DATETIME})
    assert asked("after:2020", one)[2] == {"released": {"gte": "2020-01-01T00:00:00Z"}}
    two = Schema({"released": FieldType.DATETIME, "seen": FieldType.DATETIME})
    with pytest.raises(InvalidQuery, match="released or seen"):
        read_box("after:2020", two)


@pytest.mark.parametrize(
    "text",
    [
        "price:cheap",
        "price:50..10",
        "price:nan",
        "price:1e400",
        "sale:maybe",
        "stock:..",
        "before:soon",
        "before:9999",
        "place:48",
        "place:91,0,5km",
        "notes:!",
    ],
)
def test_a_value_that_a_field_can_not_have_is_a_clear_error(text: str) -> None:
    with pytest.raises(InvalidQuery, match="can't be used") as raised:
        read_box(text, SHOP)
    assert raised.value.field == "q"
    assert raised.value.hint


def test_a_misspelt_field_is_text_and_is_told_of() -> None:
    box = read_box("shoes brnd:acme", SHOP)
    assert box.terms == (Word("shoes"), Word("brnd:acme"))
    assert "'brand' is one" in box.notes[0]


@pytest.mark.parametrize(
    "unit",
    ['"', "a:", "price:", '-"', "brand:a,", 'brand:"', '\\"', '"\\', "between 1 and ", "-", "„a"],
)
def test_ten_thousand_characters_of_anything_take_no_time(unit: str) -> None:
    start = time.perf_counter()
    with suppress(InvalidQuery):
        read_box((unit * 10_000)[:10_000], SHOP)
    assert time.perf_counter() - start < 2


_NAMES = "brand: price: -sale: stock: place: notes: uploaded_at: before: -after: visibility: id:"
_SIGNS = '" “ ” \\ - , .. < > <= >= * 50 2026 yes a.b under between and 10 €5'
_ODD = [" ", "\u00a0", "\x00", "shoes", "東京", "e\u0301", "\ud800"]
_PIECES = st.sampled_from([*_NAMES.split(), *_SIGNS.split(), *_ODD])
_TEXTS = st.lists(_PIECES | st.text(max_size=5), max_size=12).map("".join)


@given(_TEXTS | st.text())
@example('brand:"a" "')
@example("brand:brand:“brand:")
@example('brand:"\x1b"')
def test_no_text_breaks_the_box_and_what_it_reads_prints_and_reads_back(text: str) -> None:
    try:
        box = read_box(text, SHOP)
    except InvalidQuery:
        return
    again = read_box(str(box), SHOP)
    assert again.terms == box.terms
    assert str(again) == str(box)


@given(_TEXTS)
def test_whatever_a_box_says_is_a_filter_that_can_be_asked(text: str) -> None:
    try:
        meaning = meaning_of(read_box(text, SHOP), SHOP)
    except InvalidQuery:
        return
    parse_filter(meaning.filter, SHOP)


_plain = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
_numbers = st.integers(0, 10**6).map(str) | st.decimals(0, 1000, places=2).map(
    lambda number: format(number.normalize(), "f")
)


def _unlike_bounds(word: str) -> bool:
    return word.lower() not in ("under", "below", "over", "above", "between")


@st.composite
def _spans(draw: st.DrawFn) -> Span:
    low, high = sorted([draw(_numbers), draw(_numbers)], key=float)
    open_end = draw(st.booleans())
    return draw(
        st.sampled_from(
            [Span(low, high), Span(low=low, above=open_end), Span(high=high, below=open_end)]
        )
    )


def _terms() -> st.SearchStrategy[Term]:
    negative = st.booleans()
    phrases = st.lists(_plain, min_size=1, max_size=3).map(" ".join)
    words = _plain.filter(_unlike_bounds).filter(lambda word: word[0].isalpha())
    values = st.one_of(
        st.builds(Exactly, st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1)),
        st.builds(StartsWith, _plain),
        st.just(Anything()),
    )
    several = st.lists(values, min_size=1, max_size=3).map(tuple)
    places = st.builds(Circle, st.just("48.1"), st.just("-11.6"), st.integers(1, 99).map(str))
    return st.one_of(
        st.builds(Word, words, negative),
        st.builds(Phrase, phrases, negative),
        st.builds(Condition, st.just("brand"), several, negative),
        st.builds(Condition, st.just("price"), st.tuples(_spans()), negative),
        st.builds(Condition, st.just("place"), st.tuples(places), negative),
    )


@given(st.lists(_terms(), max_size=6).map(tuple))
def test_a_tree_prints_as_text_that_reads_as_the_tree(terms: tuple[Term, ...]) -> None:
    text = str(Box(terms))
    assume(unicodedata.normalize("NFC", text) == text)
    assert read_box(text, SHOP).terms == terms
