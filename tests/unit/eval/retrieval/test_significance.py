"""Paired comparison of two encoders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.errors import SourceError
from eval.retrieval.encoding import Encoded
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side, judge
from eval.retrieval.measuring import Measuring
from eval.retrieval.significance import adjust_together, compare, holm, randomisation_test
from eval.retrieval.tasks import RetrievalTask

COUNT = 24
NAMES = [f"n{number:02}" for number in range(COUNT)]
TASK = RetrievalTask("t", NAMES, NAMES, NAMES, NAMES, {name: {name: 1.0} for name in NAMES})


def evaluated(noise: float, name: str = "model", seed: int = 0) -> Evaluation:
    """Queries that find themselves, the less surely the more noise there is."""
    random = np.random.default_rng(seed)
    items = np.eye(COUNT, dtype=np.float32)
    asked = items + noise * random.standard_normal((COUNT, COUNT)).astype(np.float32)
    rows = np.arange(COUNT)
    return judge(
        TASK, Side(name), Encoded(asked, rows), Encoded(items, rows), measuring=Measuring((1, 5))
    )


def test_p_is_that_of_scipys_permutation_test() -> None:
    random = np.random.default_rng(2)
    first = random.random(12)
    second = first + random.normal(0.08, 0.2, 12)
    ours = randomisation_test({"mrr": first}, {"mrr": second}, permutations=20_000)["mrr"]
    exact = stats.permutation_test(
        (first, second),
        lambda a, b, axis: np.mean(b - a, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    ).pvalue
    assert ours == pytest.approx(exact, abs=0.015)


def test_a_clear_gain_is_significant() -> None:
    found = compare(evaluated(3.0), evaluated(0.1)).differences["mrr"]
    assert found.difference > 0
    assert found.interval is not None
    assert found.interval.low > 0
    assert found.adjusted < 0.05


def test_a_model_is_no_better_than_itself() -> None:
    found = compare(evaluated(1.0), evaluated(1.0))
    assert {one.p for one in found.differences.values()} == {1.0}


def test_swapping_the_sides_turns_the_difference_round() -> None:
    worse, better = evaluated(2.0), evaluated(0.5, seed=1)
    there = compare(worse, better).differences["map"]
    back = compare(better, worse).differences["map"]
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == pytest.approx(back.p)


def test_chance_is_seldom_called_significant() -> None:
    random = np.random.default_rng(4)
    alarms = 0
    for seed in range(200):
        first, second = random.random(30), random.random(30)
        found = randomisation_test({"m": first}, {"m": second}, permutations=199, seed=seed)
        alarms += found["m"] <= 0.05
    assert alarms <= 20


def test_median_ranks_are_tested_by_medians() -> None:
    first = {"median_rank": np.arange(1.0, 41.0)}
    second = {"median_rank": np.ones(40)}
    assert randomisation_test(first, second, permutations=500)["median_rank"] < 0.01


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=12))
def test_adjusted_p_values_are_those_of_the_step_down_rule(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    count = len(p_values)
    for index, value in enumerate(p_values):
        at_most = [other for other in sorted(p_values) if other <= value]
        steps = [(count - place) * other for place, other in enumerate(at_most)]
        first_of_equals = (count - sum(other < value for other in p_values)) * value
        wanted = min(1.0, max(*steps, first_of_equals))
        assert adjusted[index] == pytest.approx(wanted)


def test_several_tasks_are_adjusted_as_one_family() -> None:
    alone = compare(evaluated(3.0), evaluated(0.1))
    together = adjust_together([alone, alone])
    assert together[0].tested == 2 * alone.tested
    assert together[0].differences["mrr"].adjusted > alone.differences["mrr"].adjusted


def test_only_queries_of_both_are_compared() -> None:
    whole = evaluated(1.0)
    kept = slice(4, None)
    part = replace(
        whole,
        encoder="part",
        rows=whole.rows[kept],
        per_query={name: array[kept] for name, array in whole.per_query.items()},
    )
    found = compare(whole, part)
    assert len(found.baseline_places) == COUNT - 4
    assert found.differences["mrr"].difference == 0
    assert "4 queries of 'model' alone" in found.notes[0]


def test_evaluations_of_different_tasks_can_not_be_compared() -> None:
    other = replace(evaluated(1.0), task=replace(TASK, name="other"))
    with pytest.raises(SourceError, match="can't be compared"):
        compare(evaluated(1.0), other)


def test_a_comparison_says_how_it_was_made() -> None:
    told = compare(evaluated(1.0), evaluated(0.5)).to_json()
    assert "paired bootstrap, B = 1000" in told["interval"]
    assert "Holm, over" in told["adjustment"]
    assert set(told["differences"]["mrr"]) >= {"p", "adjusted", "interval", "difference"}
