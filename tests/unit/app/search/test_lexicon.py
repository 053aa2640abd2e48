"""The lexicon: completing and correcting."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.suggesting.conditions import condition_of
from app.search.suggesting.entries import Entry, words_of
from app.search.suggesting.lexicon import Lexicon
from core.fields import FieldType, Schema

_WORDS = st.text(string.ascii_lowercase, min_size=5, max_size=9)
_TITLES = st.lists(
    st.lists(_WORDS, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=20, unique=True
)


def lexicon(*titles: str) -> Lexicon:
    return Lexicon([Entry(title, "title", "title", 1, title) for title in titles])


def texts(found: tuple[Entry, ...]) -> list[str]:
    return [entry.text for entry in found]


@given(_TITLES, st.data())
def test_every_title_is_found_by_the_beginning_of_any_of_its_words(
    titles: list[str], data: st.DataObject
) -> None:
    title = data.draw(st.sampled_from(titles))
    word = data.draw(st.sampled_from(words_of(title)))
    typed = word[: data.draw(st.integers(1, len(word)))]
    assert title in texts(lexicon(*titles).find(typed, len(titles)).entries)


@given(_WORDS, st.data())
def test_one_slip_after_the_first_letter_is_forgiven(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 2))
    slips = [word[:at] + word[at + 1 :], word[:at] + "é" + word[at:]]
    slips += [word[:at] + word[at + 1] + word[at] + word[at + 2 :]]
    for slip in slips:
        if len(words_of(slip)[0]) >= 4:
            assert texts(lexicon(word).find(slip + " ", 1).entries) == [word], slip


@given(st.text(max_size=40))
def test_no_text_breaks_it(typed: str) -> None:
    found = lexicon("red shoe", "blue shoe").find(typed, 3)
    assert len(found.entries) <= 3


def test_what_begins_as_the_text_does_comes_first() -> None:
    found = lexicon("very red shoe", "red shoe", "the red").find("red", 3)
    assert texts(found.entries)[0] == "red shoe"


def test_a_correction_names_the_words_there_are() -> None:
    found = lexicon("running shoes").find("runing shose", 3)
    assert found.corrected == "running shoes"
    assert texts(found.entries) == ["running shoes"]


def test_accents_and_case_do_not_count() -> None:
    assert texts(lexicon("Café Noir").find("cafe NOIR", 1).entries) == ["Café Noir"]


SCHEMA = Schema({"brand": FieldType.KEYWORD})


@pytest.mark.parametrize(
    ("typed", "value", "before"),
    [
        ("brand:ac", "ac", "brand:"),
        ("red -Brand:ac", "ac", "red -Brand:"),
        ('brand:"acme to', "acme to", "brand:"),
        ('brand:zenith,"ac me",a', "a", 'brand:zenith,"ac me",'),
        ("brand:", "", "brand:"),
    ],
)
def test_a_condition_is_read_where_it_is_typed(typed: str, value: str, before: str) -> None:
    found = condition_of(typed, SCHEMA)
    assert found is not None
    assert (found.field, found.value, found.before) == ("brand", value, before)


@pytest.mark.parametrize(
    "typed", ["brand", "colour:x", "brand:acme ", "http://x", ":", "xbrand :a"]
)
def test_other_texts_are_no_conditions(typed: str) -> None:
    assert condition_of(typed, SCHEMA) is None
