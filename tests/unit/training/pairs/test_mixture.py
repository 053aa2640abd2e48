import pickle
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.pairs.mixture import Mixture
from training.pairs.pair import Pair


@dataclass(frozen=True)
class Numbers:
    """Pairs whose anchor is their index, and whose positive is drawn."""

    name: str
    size: int

    def __len__(self) -> int:
        return self.size

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        return Pair(str(index), str(random.integers(2**30)), source=self.name)


SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4)


def mixture(sizes: list[int], seed: int = 3, stretch: int = 1) -> Mixture:
    sources = [Numbers(f"s{place}", size) for place, size in enumerate(sizes)]
    return Mixture(sources, [place + 1.0 for place in range(len(sizes))], seed, stretch=stretch)


@settings(deadline=None)
@given(sizes=SIZES, seed=st.integers(0, 2**40), position=st.integers(0, 10**12))
def test_a_position_alone_tells_its_pair(sizes: list[int], seed: int, position: int) -> None:
    uninterrupted, resumed = mixture(sizes, seed), mixture(sizes, seed)
    uninterrupted.pair_at(0)
    assert uninterrupted.pair_at(position) == resumed.pair_at(position)


@settings(max_examples=30, deadline=None)
@given(sizes=SIZES, stretch=st.integers(1, 5))
def test_no_pair_comes_again_before_all_of_its_source_came(sizes: list[int], stretch: int) -> None:
    mixed = mixture(sizes, stretch=stretch)
    seen: dict[str, list[str]] = {f"s{place}": [] for place in range(len(sizes))}
    for position in range(300):
        pair = mixed.pair_at(position)
        seen[pair.source].append(str(pair.anchor))
    for place, size in enumerate(sizes):
        came = seen[f"s{place}"]
        for start in range(0, len(came), size):
            epoch = came[start : start + size]
            assert len(set(epoch)) == len(epoch)


def test_each_walk_through_a_source_has_an_order_of_its_own() -> None:
    mixed = mixture([30])
    walks = {
        tuple(mixed.pair_at(30 * walk + step).anchor for step in range(30)) for walk in range(5)
    }
    assert len(walks) == 5


def test_a_pair_is_drawn_anew_each_time_it_comes() -> None:
    mixed = mixture([1])
    assert len({mixed.pair_at(position).positive for position in range(10)}) == 10


def test_a_stretch_is_of_one_source() -> None:
    mixed = mixture([50, 50, 50], stretch=8)
    for start in range(0, 240, 8):
        assert len({mixed.pair_at(start + step).source for step in range(8)}) == 1


@settings(deadline=None)
@given(size=st.integers(2, 30), position=st.integers(0, 1000))
def test_substitutes_are_all_the_other_pairs_of_the_source(size: int, position: int) -> None:
    mixed = mixture([size, 7])
    bad = mixed.pair_at(position)
    others = len(mixed.sources[mixed.place(position)[0]]) - 1
    found = {mixed.substitute(position, attempt).anchor for attempt in range(others)}
    assert len(found) == others
    assert bad.anchor not in found


def test_an_epoch_ends_when_the_slowest_source_was_seen_whole() -> None:
    mixed = mixture([10, 40])  # shares 1/3 and 2/3
    assert mixed.epoch == 60
    seen = [mixed.place(position) for position in range(mixed.epoch + 2)]
    assert len(set(seen)) == 50


def test_a_mixture_goes_to_another_process_whole() -> None:
    mixed = mixture([5, 6])
    assert pickle.loads(pickle.dumps(mixed)).pair_at(11) == mixed.pair_at(11)


@pytest.mark.parametrize(
    ("sizes", "shares", "reason"),
    [([3], [1.0, 1.0], "share"), ([0], [1.0], "without pairs"), ([3], [-1.0], "over 0")],
)
def test_what_can_not_be_mixed_is_refused(
    sizes: list[int], shares: list[float], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Mixture([Numbers("s", size) for size in sizes], shares)
