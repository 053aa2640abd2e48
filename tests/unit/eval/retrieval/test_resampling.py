"""Bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval.retrieval.resampling import Bootstrap, intervals, paired_intervals

UNIFORM = np.random.default_rng(1).random(200)


def test_the_same_seed_gives_the_same_interval() -> None:
    first, second = (intervals({"mrr": UNIFORM}, Bootstrap(seed=7)) for _ in range(2))
    assert first == second


def test_another_seed_gives_another_interval() -> None:
    first, second = (intervals({"mrr": UNIFORM}, Bootstrap(seed=seed)) for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize(("metric", "statistic"), [("mrr", np.mean), ("median_rank", np.median)])
def test_intervals_are_those_of_scipy_but_for_the_draws(metric: str, statistic: object) -> None:
    found = intervals({metric: UNIFORM}, Bootstrap(resamples=4_000))[metric]
    theirs = stats.bootstrap(
        (UNIFORM,), statistic, n_resamples=4_000, method="percentile", random_state=0
    ).confidence_interval
    width = theirs.high - theirs.low
    assert found.low == pytest.approx(theirs.low, abs=0.08 * width)
    assert found.high == pytest.approx(theirs.high, abs=0.08 * width)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    held = 0
    for seed in range(200):
        found = intervals({"mrr": random.random(60)}, Bootstrap(400, 0.9, seed))["mrr"]
        held += found.low <= 0.5 <= found.high
    assert 0.82 <= held / 200 <= 0.96


def test_a_metric_that_is_the_same_everywhere_has_an_interval_of_no_width() -> None:
    found = intervals({"precision@100": np.full(149, 0.01)}, Bootstrap())["precision@100"]
    assert (found.low, found.high) == (0.01, 0.01)


def test_one_query_has_no_interval() -> None:
    assert intervals({"mrr": np.ones(1)}, Bootstrap()) == {}


def test_ranks_that_are_infinite_leave_the_other_metrics_alone() -> None:
    ranks = np.array([1.0, 2.0, np.inf, np.inf, np.inf])
    found = intervals({"median_rank": ranks, "mrr": 1 / ranks}, Bootstrap())
    assert found["median_rank"].high == np.inf
    assert np.isfinite(found["mrr"].high)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 40), st.integers(0, 100))
def test_an_encoder_and_itself_never_differ(count: int, seed: int) -> None:
    values = {"mrr": np.random.default_rng(seed).random(count)}
    found = paired_intervals(values, values, Bootstrap(resamples=50, seed=seed))["mrr"]
    assert (found.low, found.high) == (0.0, 0.0)


def test_a_paired_interval_is_narrower_than_two_intervals_apart() -> None:
    better = {"mrr": UNIFORM + 0.01}
    paired = paired_intervals({"mrr": UNIFORM}, better, Bootstrap())["mrr"]
    alone = intervals(better, Bootstrap())["mrr"]
    assert paired.low == pytest.approx(0.01)
    assert paired.high - paired.low < 1e-6 < alone.high - alone.low


@pytest.mark.parametrize(("resamples", "confidence"), [(0, 0.95), (10, 1.0), (10, 0.0)])
def test_a_bootstrap_that_can_not_be_is_refused(resamples: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="bootstrap"):
        Bootstrap(resamples, confidence)
