"""Error rates and power of the tests, over many simulated experiments."""

import numpy as np
import pytest
from scipy import stats

from eval.experiments.balance import balance
from eval.experiments.moments import Moments
from eval.experiments.power import least_effect, power_of, units_needed
from eval.experiments.sensitivity import Rankings, Sensitive
from eval.experiments.sequential import LEAST, always_valid, always_valid_mean
from eval.experiments.study import Crowd, Decided, decided, decided_of_returning, planned

CROWD = Crowd()
EFFECT = 0.04


def at_most(rate: float, limit: float, count: int) -> bool:
    """Whether a rate over `count` simulations is not surely above a limit."""
    return bool(stats.binomtest(round(rate * count), count, limit, "greater").pvalue > 0.001)


@pytest.fixture(scope="module")
def alike() -> Decided:
    return decided(CROWD, lift=0.0, units=1_000, simulations=1_000)


def test_without_a_difference_a_fixed_test_read_once_is_wrong_as_often_as_it_says(
    alike: Decided,
) -> None:
    assert at_most(alike.fixed, 0.05, 1_000)
    assert alike.fixed > 0.02  # nor is it blind


def test_peeking_at_a_fixed_test_makes_false_winners(alike: Decided) -> None:
    assert alike.peeked > 0.15


def test_a_sequential_test_read_at_every_look_keeps_its_rate(alike: Decided) -> None:
    assert at_most(alike.sequential, 0.05, 1_000)


def test_that_holds_where_the_same_people_go_on_searching() -> None:
    wrong = decided_of_returning(CROWD, users=200, looks=20, simulations=300, scale=0.05)
    assert at_most(wrong, 0.05, 300)


def test_that_holds_for_rare_and_for_ever_the_same_events() -> None:
    rare = Crowd(rate=0.002, alike=0.01, searches=2)
    found = decided(rare, lift=0.0, units=2_000, simulations=400, scale=0.005)
    assert at_most(found.sequential, 0.05, 400)


def test_that_holds_for_what_few_people_have_much_of() -> None:
    generator = np.random.default_rng(0)
    at = np.unique(np.geomspace(LEAST, 1_000, 40).astype(np.int64))
    sides = []
    for _ in range(2):
        buys = generator.random((400, 1_000)) < 0.05
        sides.append(Moments.growing(at, buys * generator.lognormal(3, 1, buys.shape)))
    wrong = (always_valid(*sides, scale=1.0).p <= 0.05).any(axis=1).mean()
    assert at_most(float(wrong), 0.05, 400)


def test_that_holds_for_interleaved_votes() -> None:
    generator = np.random.default_rng(0)
    at = np.unique(np.geomspace(LEAST, 1_000, 40).astype(np.int64))
    votes = generator.choice([-1.0, 0.0, 1.0], p=[0.3, 0.4, 0.3], size=(600, 1_000))
    found = always_valid_mean(Moments.growing(at, votes), scale=0.1)
    assert at_most(float((found.p <= 0.05).any(axis=1).mean()), 0.05, 600)
    liked = always_valid_mean(Moments.growing(at, votes + (votes == 0) * 0.5), scale=0.1)
    assert (liked.p <= 0.05).any(axis=1).mean() > 0.95


def test_a_real_difference_is_found_with_the_planned_power() -> None:
    units = planned(CROWD, EFFECT)
    fixed = decided(CROWD, lift=EFFECT, units=units["fixed"], simulations=400, scale=EFFECT)
    assert fixed.fixed == pytest.approx(0.8, abs=0.07)
    always = decided(CROWD, lift=EFFECT, units=units["sequential"], simulations=400, scale=EFFECT)
    assert always.sequential >= 0.75
    assert always.stopped_at < units["sequential"] * 0.8  # and usually sooner than planned


def test_a_large_difference_ends_a_sequential_test_before_the_fixed_one() -> None:
    units = planned(CROWD, EFFECT)["fixed"]
    found = decided(CROWD, lift=3 * EFFECT, units=units, simulations=200, scale=EFFECT)
    assert found.sequential > 0.95
    assert found.stopped_at < units / 2


def test_sample_sizes_are_those_of_the_textbook() -> None:
    # 80 % power for 10 % against 12 %: about 3,840 in each (Fleiss, Levin and Paik 2003, table A.4)
    deviation = np.sqrt((0.1 * 0.9 + 0.12 * 0.88) / 2)
    assert units_needed(deviation, 0.02) == pytest.approx(3_841, abs=10)
    assert power_of(3_841, deviation, 0.02) == pytest.approx(0.8, abs=0.001)
    assert least_effect(3_841, deviation) == pytest.approx(0.02, abs=1e-4)


@pytest.mark.parametrize("wrong", [{"effect": 0.0}, {"deviation": 0.0}, {"alpha": 1.0}])
def test_senseless_plans_are_refused(wrong: dict[str, float]) -> None:
    given = {"deviation": 0.3, "effect": 0.1, **wrong}
    with pytest.raises(ValueError, match="more than 0"):
        units_needed(given.pop("deviation"), given.pop("effect"), **given)  # type: ignore[arg-type]


def test_the_sequential_test_says_nothing_before_it_has_enough() -> None:
    few, more = (Moments.of(np.zeros(n)) for n in (LEAST - 1, LEAST))
    sure = Moments.of(np.ones(LEAST))
    assert float(always_valid(few, sure, scale=0.1, bounded=True).p) == 1.0
    assert float(always_valid(more, sure, scale=0.1, bounded=True).p) < 1e-6


def test_interval_and_p_of_the_sequential_test_agree() -> None:
    generator = np.random.default_rng(3)
    for shift in np.linspace(0, 0.5, 40):
        sample = Moments.of(shift + generator.standard_normal(200))
        found = always_valid_mean(sample, scale=0.2)
        assert (float(found.p) <= 0.05) == (float(found.low) >= 0 or float(found.high) <= 0)


def test_shares_that_are_off_are_suspicious() -> None:
    assert not balance({"a": 5_050, "b": 4_950}, {"a": 0.5, "b": 0.5}).suspicious
    assert balance({"a": 5_300, "b": 4_700}, {"a": 0.5, "b": 0.5}).suspicious
    assert balance({}, {"a": 0.5, "b": 0.5}).p == 1.0
    assert balance({"a": 100}, {"a": 0.5, "b": 0.5}).suspicious


def test_shares_by_chance_are_rarely_suspicious() -> None:
    generator = np.random.default_rng(0)
    drawn = generator.binomial(5_000, 0.3, size=500)
    found = [balance({"a": n, "b": 5_000 - n}, {"a": 0.3, "b": 0.7}).suspicious for n in drawn]
    assert at_most(float(np.mean(found)), 0.001, len(found))


def test_interleaving_needs_fewer_sessions_than_groups() -> None:
    tried = [100, 200, 400, 600, 800, 1_200, 1_600]
    found = Sensitive(Rankings.made(noise=3.0), simulations=200).sessions(tried)
    assert found.groups is not None
    assert found.interleaved is not None
    assert found.gain > 0
    assert found.interleaved <= found.groups / 1.5


def test_interleaving_a_ranking_with_itself_prefers_neither() -> None:
    made = Rankings.made()
    same = Rankings(made.attraction, made.better, made.better)
    share = Sensitive(same, simulations=1_000)._interleaved([400])
    assert at_most(float(share[0]), 0.025, 1_000)  # one side of a two-sided 5 %
