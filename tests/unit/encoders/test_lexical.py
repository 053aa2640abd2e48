"""Words of items and queries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sparse import SparseVector
from encoders.lexical import code_of, document, query, tokens


def product(one: SparseVector, other: SparseVector) -> float:
    """Of two vectors, without IDF."""
    mine = dict(zip(one.indices, one.values, strict=True))
    return sum(mine.get(at, 0.0) * n for at, n in zip(other.indices, other.values, strict=True))


def test_words_match_by_their_stems_whatever_their_case() -> None:
    assert product(document("Running Shoes"), query("shoe for a run")) > 0
    assert product(document("Running Shoes"), query("boots")) == 0


@pytest.mark.parametrize("written", ["AB-104", "ab104", "AB 104", "ab_104"])
def test_a_code_is_found_however_it_is_written(written: str) -> None:
    assert product(document("Lamp AB-104"), query(written)) > 0


@pytest.mark.parametrize(("one", "other"), [("t-shirt", "tshirt"), ("men's", "mens")])
def test_marks_inside_a_word_do_not_matter(one: str, other: str) -> None:
    assert set(tokens(one)) & set(tokens(other))


def test_a_title_counts_more_than_tags_and_these_more_than_a_description() -> None:
    asked = query("lamp")
    title, tags, text = document("lamp"), document(tags=["lamp"]), document(description="lamp")
    assert product(title, asked) > product(tags, asked) > product(text, asked) > 0


def test_a_word_said_often_counts_more_but_not_without_end() -> None:
    asked = query("lamp")
    scores = [product(document(" ".join(["lamp"] * n)), asked) for n in (1, 2, 50)]
    assert scores[0] < scores[1]
    assert scores[2] < 3 * scores[0]


def test_a_longer_text_is_held_against_it() -> None:
    asked = query("lamp")
    assert product(document("lamp"), asked) > product(document("lamp " + "x y z " * 20), asked)


def test_function_words_count_only_where_there_is_nothing_else() -> None:
    assert query("a lamp for the desk") == query("lamp desk")
    assert query("the").indices


def test_an_id_with_digits_is_found_as_a_whole() -> None:
    assert code_of("SKU-00-17") == "sku0017"
    assert code_of("lamp") is None
    assert product(document("Lamp", codes=["SKU-00-17"]), query("sku-00-17")) > 0


def test_nothing_said_is_an_empty_vector() -> None:
    assert document() == query("!?") == SparseVector()


@given(st.text(max_size=60), st.text(max_size=60), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_makes_a_vector_that_stores_take(title: str, text: str, tags: list[str]) -> None:
    vector = document(title, text, tags, codes=[title])
    assert list(vector.indices) == sorted(set(vector.indices))
    assert all(0 <= at < 2**32 for at in vector.indices)
    assert all(value > 0 for value in vector.values)


def test_threads_do_not_disturb_each_other() -> None:
    texts = [f"running {n} shoes houses flying" for n in range(200)]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(document, texts)) == [document(text) for text in texts]
