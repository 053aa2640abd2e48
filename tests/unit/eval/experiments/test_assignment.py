from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval.experiments.assignment import Assignment

HALVES = (("a", 0.5), ("b", 0.5))
UNITS = [f"unit-{number}" for number in range(20_000)]


@given(unit=st.text(), salt=st.text(max_size=20), traffic=st.floats(0, 1))
def test_a_unit_always_gets_the_same_variant(unit: str, salt: str, traffic: float) -> None:
    first = Assignment(salt, traffic, HALVES).variant(unit)
    assert first == Assignment(salt, traffic, HALVES).variant(unit)
    assert first in (None, "a", "b")


def test_the_hash_is_the_documented_one_on_every_machine() -> None:
    half = Assignment("salt", 1.0, HALVES)
    assert [half.variant(f"u{number}") for number in range(8)] == list("bbababaa")


@pytest.mark.parametrize("shares", [HALVES, (("a", 0.7), ("b", 0.2), ("c", 0.1))])
def test_variants_get_their_shares(shares: tuple[tuple[str, float], ...]) -> None:
    plan = Assignment("s", 1.0, shares)
    counts = Counter(plan.variant(unit) for unit in UNITS)
    expected = [share * len(UNITS) for _, share in shares]
    assert stats.chisquare([counts[name] for name, _ in shares], expected).pvalue > 0.001


@settings(max_examples=30)
@given(salts=st.tuples(st.text(max_size=9), st.text(max_size=9)).filter(lambda s: s[0] != s[1]))
def test_two_experiments_are_independent(salts: tuple[str, str]) -> None:
    one, other = (Assignment(salt, 1.0, HALVES) for salt in salts)
    table = np.zeros((2, 2))
    for unit in UNITS[:1_000]:
        table[one.variant(unit) == "a", other.variant(unit) == "a"] += 1
    assert stats.chi2_contingency(table).pvalue > 1e-6


def test_the_salt_alone_tells_experiments_apart() -> None:
    one, other = (Assignment(salt, 1.0, HALVES) for salt in ("x", "y"))
    assert 0.45 < np.mean([one.variant(u) == other.variant(u) for u in UNITS]) < 0.55


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_traffic_moves_nobody(one: float, other: float) -> None:
    less, more = sorted((one, other))
    for unit in UNITS[:100]:
        before = Assignment("s", less, HALVES).variant(unit)
        assert before in (None, Assignment("s", more, HALVES).variant(unit))


def test_traffic_is_a_share_of_the_units() -> None:
    inside = sum(Assignment("s", 0.1, HALVES).takes_part(unit) for unit in UNITS)
    assert stats.binomtest(inside, len(UNITS), 0.1).pvalue > 0.001


@pytest.mark.parametrize("shares", [(), (("a", 0.5),), (("a", 1.0), ("b", 0.0)), (("a", 1.1),)])
def test_shares_are_positive_and_add_up_to_one(shares: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(ValueError, match=r"[Ss]hare|variants"):
        Assignment("s", 1.0, shares)
