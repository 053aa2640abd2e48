from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SettingsError
from eval.retrieval.agreement import agreement
from eval.retrieval.gate import Figure, GateVerdict, Rule, decide
from eval.retrieval.resampling import Bootstrap

QUERIES = 60


def figure(want: Any, change: float, *, metric: str = "ndcg@10", **given: Any) -> Figure:
    """Of queries whose figures change by `change` and some noise."""
    random = np.random.default_rng(0)
    before = random.random(given.pop("queries", QUERIES)) * 0.4 + 0.3
    after = before + change + random.normal(0, 0.01, len(before))
    return Figure(given.pop("name", f"{want} {change}"), metric, want, before, after, **given)


def decided(*figures: Figure, **rule: Any) -> GateVerdict:
    return decide(figures, Rule(**rule), Bootstrap(resamples=100))


def test_a_gain_without_a_loss_passes() -> None:
    verdict = decided(figure("gain", 0.05), figure("no loss", 0.0))
    assert verdict.passed
    assert [one.outcome for one in verdict.findings] == ["gain", "even"]


def test_a_significant_loss_anywhere_named_refuses() -> None:
    verdict = decided(figure("gain", 0.05), figure("no loss", -0.02, name="titles"))
    assert not verdict.passed
    assert verdict.why.startswith("Lost: titles")


def test_a_gain_that_falls_refuses_though_another_rises() -> None:
    assert not decided(figure("gain", 0.05), figure("gain", -0.05)).passed


def test_without_a_significant_gain_there_is_no_release() -> None:
    verdict = decided(figure("gain", 0.0), figure("no loss", 0.0))
    assert "risen significantly" in verdict.why


def test_a_large_fall_refuses_though_too_few_queries_prove_it() -> None:
    random = np.random.default_rng(1)
    before = random.random(12)
    noisy = Figure("few", "ndcg@10", "no loss", before, random.random(12) - 0.1)
    verdict = decided(figure("gain", 0.05), noisy)
    few = verdict.findings[1]
    assert few.p is not None
    assert few.p > 0.05
    assert few.outcome == "loss"
    assert decided(figure("gain", 0.05), noisy, most=1.0).passed


def test_a_named_figure_of_too_few_queries_refuses_and_a_small_slice_is_passed_over() -> None:
    small = {"queries": 7, "name": "titles, brand acme"}
    gain = figure("gain", 0.05)
    assert "can't be judged" in decided(gain, figure("no loss", -0.5, **small)).why
    passed = decided(gain, figure("no loss", -0.5, explicit=False, **small))
    assert passed.passed
    assert passed.findings[1].outcome == "too few"


def test_a_rank_that_falls_is_a_gain() -> None:
    ranks = figure("gain", -0.1, metric="median_rank")
    verdict = decided(ranks)
    assert verdict.passed
    assert verdict.findings[0].change > 0


def test_a_gate_has_to_want_something() -> None:
    with pytest.raises(SettingsError, match="names no figure that is to rise"):
        decided(figure("no loss", 0.1))


@given(st.integers(0, 2**32 - 1))
def test_the_same_model_twice_is_never_let_through(seed: int) -> None:
    values = np.random.default_rng(seed).random(30)
    assert not decided(Figure("same", "mrr", "gain", values, values)).passed


def test_two_equal_models_are_refused_or_pass_at_the_level_that_is_stated() -> None:
    random = np.random.default_rng(5)
    passed = 0
    for _ in range(200):
        before = random.random(20)
        after = before + random.normal(0, 0.05, 20)
        one = Figure("a", "mrr", "gain", before, after)
        other = Figure("b", "mrr", "gain", before, before + random.normal(0, 0.05, 20))
        found = decide([one, other], Rule(most=1.0), Bootstrap(resamples=1))
        passed += found.passed
    assert passed / 200 < 0.05  # a rise by chance: half of the two-sided level


def test_lists_that_are_equal_agree_and_reversed_ones_do_not() -> None:
    ids = [f"i{n}" for n in range(20)]
    same, turned = agreement([ids], [ids]), agreement([ids], [ids[::-1]])
    assert (same.overlap, same.correlation) == (1.0, pytest.approx(1.0))
    assert (turned.overlap, turned.correlation) == (0.0, pytest.approx(-1.0))


def test_lists_that_share_too_little_have_no_correlation() -> None:
    found = agreement([["a", "b"], ["c"]], [["a", "d"], ["e"]])
    assert found.correlation is None
    assert found.overlap == pytest.approx(0.25)
