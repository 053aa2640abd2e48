import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eval.experiments.fixed import two_proportions, welch
from eval.experiments.moments import Moments

SAMPLE = st.lists(st.floats(-100, 100), min_size=3, max_size=30).filter(lambda x: np.std(x) > 0.1)


@given(SAMPLE, SAMPLE)
def test_means_are_tested_as_scipy_tests_them(one: list[float], other: list[float]) -> None:
    found = welch(Moments.of(one), Moments.of(other), alpha=0.1)
    told = stats.ttest_ind(other, one, equal_var=False)
    interval = told.confidence_interval(0.9)
    assert float(found.p) == pytest.approx(told.pvalue, rel=1e-6, abs=1e-9)
    assert float(found.low) == pytest.approx(interval.low, rel=1e-6, abs=1e-6)
    assert float(found.high) == pytest.approx(interval.high, rel=1e-6, abs=1e-6)


def test_two_shares_are_tested_as_the_chi_squared_test_does() -> None:
    one, other = np.repeat([1, 0], [30, 170]), np.repeat([1, 0], [55, 145])
    found = two_proportions(Moments.of(one), Moments.of(other))
    table = [[30, 170], [55, 145]]
    assert float(found.p) == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert float(found.low) < 25 / 200 < float(found.high)


def test_the_variance_of_a_ratio_is_that_over_repeated_samples() -> None:
    generator = np.random.default_rng(0)
    searches = 1.0 + generator.poisson(3, size=(4_000, 300))
    clicks = generator.binomial(searches.astype(int), generator.beta(1, 3, size=searches.shape))
    found = Moments.of(clicks, searches)
    assert np.mean(found.variance) == pytest.approx(np.var(found.estimate), rel=0.05)


def test_searches_of_one_person_are_no_evidence_of_their_own() -> None:
    generator = np.random.default_rng(0)
    lucky = (generator.random(100) < 0.3).astype(float)
    once, often = Moments.of(lucky, np.ones(100)), Moments.of(10 * lucky, np.full(100, 10.0))
    assert float(often.variance) == pytest.approx(float(once.variance))


@given(st.lists(st.integers(0, 5), min_size=4, max_size=40))
def test_growing_sums_are_those_of_the_first_units(values: list[int]) -> None:
    searches = np.arange(1, len(values) + 1)
    growing = Moments.growing([2, len(values)], values, searches)
    for look, count in enumerate((2, len(values))):
        own = Moments.of(values[:count], searches[:count])
        for name in ("units", "x", "y", "xx", "xy", "yy"):
            assert getattr(growing, name)[look] == getattr(own, name)


def test_nothing_is_said_of_too_few() -> None:
    found = welch(Moments.of([1.0]), Moments.of([2.0, 3.0]))
    assert float(found.p) == 1.0
    assert np.isnan(found.low)
    assert float(welch(Moments.of([1.0, 1.0]), Moments.of([1.0, 1.0])).p) == 1.0


def test_a_unanimous_handful_is_not_certain() -> None:
    few, many = Moments.of(np.ones(10)), Moments.of(np.ones(1_000))
    assert float(few.variance) == 0
    assert float(few.floored()) == pytest.approx(10_000 * float(many.floored()))
    assert 0 < float(few.floored()) < 0.01
