from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.pairs.schedule import Schedule

SHARES = st.lists(st.floats(0.01, 10), min_size=1, max_size=6)


@settings(deadline=None)
@given(shares=SHARES, seed=st.integers(0, 99), start=st.integers(0, 10**9))
def test_shares_hold_in_any_window(shares: list[float], seed: int, start: int) -> None:
    schedule = Schedule(shares, seed)
    counts = Counter(schedule.at(position)[0] for position in range(start, start + 200))
    for source, share in enumerate(shares):
        assert abs(counts[source] - 200 * share / sum(shares)) <= len(shares)


@settings(deadline=None)
@given(shares=SHARES, seed=st.integers(0, 99))
def test_visits_of_a_source_are_counted_without_gaps(shares: list[float], seed: int) -> None:
    schedule = Schedule(shares, seed)
    seen: Counter[int] = Counter()
    for position in range(150):
        source, visit = schedule.at(position)
        assert visit == seen[source]
        seen[source] += 1


def test_seeds_shift_the_turns() -> None:
    starts = {tuple(Schedule([3, 2, 1], seed).at(p)[0] for p in range(6)) for seed in range(20)}
    assert len(starts) > 3


@pytest.mark.parametrize("shares", [[], [1.0, 0.0]])
def test_a_source_without_a_share_is_refused(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="over 0"):
        Schedule(shares, 0)
