from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encoders.cleaning import CleanStep, clean


@pytest.mark.parametrize(
    ("step", "text", "cleaned"),
    [
        ("mend", "schÃ¶n \u201cﬁne\u201d", 'schön "fine"'),
        ("unescape", "fish &amp;amp; chips", "fish & chips"),
        ("underscores", "red_car", "red car"),
        ("punctuation", "cat's, dog-like!", "cats doglike"),
        ("lower", "ΟΔΟΣ Car", "οδος car"),
        ("spaces", " a \n\u3000 b ", "a b"),
    ],
)
def test_each_step_cleans_what_it_says(step: CleanStep, text: str, cleaned: str) -> None:
    assert clean(text, [step]) == cleaned


def test_steps_are_done_in_their_order() -> None:
    assert clean("a&amp;_b", ["unescape", "punctuation"]) == "ab"
    assert clean("a&amp;_b", ["punctuation", "unescape"]) == "aampb"


@given(st.text())
def test_without_steps_a_text_stays_as_it_is(text: str) -> None:
    assert clean(text, []) == text


@given(st.text())
def test_clean_spaces_stay_clean(text: str) -> None:
    every = list(get_args(CleanStep))
    assert clean(clean(text, every), ["spaces"]) == clean(text, every)
