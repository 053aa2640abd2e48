from pathlib import Path

import numpy as np
import pytest

from core.items import ImageSource
from training.pairs.identity import false_hard_negatives, false_negatives, text_key
from training.pairs.pair import Pair


def image(name: str) -> ImageSource:
    return ImageSource(path=Path(name))


def facts(*names: str) -> frozenset[str]:
    return frozenset(names)


def marked(*pairs: Pair) -> set[tuple[int, int]]:
    return {(int(row), int(column)) for row, column in np.argwhere(false_negatives(pairs))}


@pytest.mark.parametrize(
    "other", ["red SHOE", " Red  shoe.", "\uff32ed shoe", "red_shoe", "'red shoe'"]
)
def test_texts_that_say_the_same_have_one_key(other: str) -> None:
    assert text_key(other) == text_key("Red shoe")


def test_pairs_of_one_text_are_no_negatives_of_each_other() -> None:
    pairs = [Pair("a cat", image("1")), Pair("A cat.", image("2")), Pair("a dog", image("3"))]
    assert marked(*pairs) == {(0, 1), (1, 0)}


def test_pairs_of_one_product_are_no_negatives_of_each_other() -> None:
    pairs = [
        Pair("a", image("1"), product="p"),
        Pair("b", image("2"), product="p"),
        Pair("c", image("3")),
    ]
    assert marked(*pairs) == {(0, 1), (1, 0)}


def test_pairs_of_one_image_are_no_negatives_of_each_other() -> None:
    pairs = [Pair("a", image("1")), Pair(image("1"), image("1")), Pair("c", image("3"))]
    assert marked(*pairs) == {(0, 1), (1, 0)}


def test_an_image_with_all_that_a_text_asks_for_is_no_negative_of_it() -> None:
    shirt = Pair("shirt", image("1"), asks=facts("shirt"), facts=facts("shirt", "blue"))
    red_shirt = Pair(
        "red shirt", image("2"), asks=facts("shirt", "red"), facts=facts("shirt", "red")
    )
    shoe = Pair("shoe", image("3"), asks=facts("shoe"), facts=facts("shoe", "red"))
    assert marked(shirt, red_shirt, shoe) == {(0, 1)}  # but the first image is no red shirt


def test_facts_count_from_image_to_text_as_well() -> None:
    shirt = Pair(image("1"), "shirt", asks=facts("shirt"), facts=facts("shirt"))
    red_shirt = Pair(image("2"), "a red shirt", facts=facts("shirt", "red"))
    assert marked(shirt, red_shirt) == {(1, 0)}


def test_free_texts_ask_for_nothing_that_others_have() -> None:
    title = Pair("Nike Air", image("1"), facts=facts("shoe"))
    shoe = Pair("shoe", image("2"), asks=facts("shoe"), facts=facts("shoe"))
    assert marked(title, shoe) == {(1, 0)}


def test_a_pair_is_never_its_own_false_negative() -> None:
    assert not false_negatives([Pair("a", image("1"))] * 3).diagonal().any()


def test_a_batch_of_nothing_has_no_cells() -> None:
    assert false_negatives([]).shape == (0, 0)


def test_a_hard_negative_that_answers_another_pair_is_false_for_it() -> None:
    pairs = [
        Pair("cat", image("1"), negatives=(image("2"), image("9"))),
        Pair("dog", image("2"), negatives=(image("1"),)),
        Pair("Dog", image("3")),
    ]
    found = false_hard_negatives(pairs)
    expected = [[False, False, True], [True, False, False], [True, False, False]]
    assert found.tolist() == expected
