from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.pairs.permutation import Permutation


@settings(deadline=None)
@given(n=st.integers(1, 600), key=st.lists(st.integers(0, 2**40), max_size=3))
def test_every_place_goes_to_one_of_its_own(n: int, key: list[int]) -> None:
    order = Permutation(n, *key)
    assert sorted(order[place] for place in range(n)) == list(range(n))


@settings(deadline=None)
@given(n=st.integers(1, 10**12), data=st.data())
def test_a_place_needs_no_other_to_be_computed(n: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, n - 1))
    assert Permutation(n, 5)[place] == Permutation(n, 5)[place] < n


def test_another_key_is_another_order() -> None:
    orders = {tuple(Permutation(50, 1, key)[place] for place in range(50)) for key in range(20)}
    assert len(orders) == 20


def test_places_of_small_orders_are_taken_about_equally_often() -> None:
    firsts = Counter(Permutation(5, key)[0] for key in range(5000))
    assert all(abs(count - 1000) < 150 for count in firsts.values())


def test_a_place_outside_is_an_error() -> None:
    with pytest.raises(IndexError):
        Permutation(3, 0)[3]
