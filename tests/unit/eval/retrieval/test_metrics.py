"""The metrics against trec_eval and scikit-learn, on made rankings with ties."""

from __future__ import annotations

import math

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score

from eval.retrieval.metrics import measure, metric_names, overall
from eval.retrieval.ranking import rank_exactly, tie_order

KS = (1, 3, 5, 10)
AS_TREC = {
    **{f"recall@{k}": f"recall_{k}" for k in KS},
    **{f"precision@{k}": f"P_{k}" for k in KS},
    **{f"hit_rate@{k}": f"success_{k}" for k in KS},
    **{f"ndcg@{k}": f"ndcg_cut_{k}" for k in KS},
    "map": "map",
    "mrr": "recip_rank",
}
TREC_MEASURES = {
    f"{kind}.{','.join(map(str, KS))}" for kind in ("recall", "P", "success", "ndcg_cut")
} | {"map", "recip_rank"}


@st.composite
def judged_rankings(draw: st.DrawFn) -> tuple[list[str], list[float], list[int]]:
    """Ids in any order, scores of few values so that ties are many, and at least one grade > 0."""
    count = draw(st.integers(1, 30))
    ids = draw(st.permutations([f"d{number}" for number in range(count)]))
    scores = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count))
    grades = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count).filter(any))
    return list(ids), [score / 4 for score in scores], grades


def ours(ids: list[str], scores: list[float], grades: list[int], **how: object) -> dict[str, float]:
    """The metrics through the ranking that evaluation uses: one query, vectors of one dimension."""
    relevant = np.flatnonzero(grades)
    (ranked,) = rank_exactly(
        np.ones((1, 1), np.float32),
        np.array(scores, np.float32)[:, None],
        ties=tie_order(ids),
        asked=lambda _: relevant,
    )
    found = measure(
        ranked.ranks.astype(np.float64),
        np.array(grades, np.float64)[relevant],
        KS,
        **how,  # type: ignore[arg-type]
    )
    return dict(zip(metric_names(KS), found, strict=True))


def trec(
    ids: list[str], scores: list[float], grades: list[int], level: int = 1
) -> dict[str, float]:
    qrels = {"q": dict(zip(ids, grades, strict=True))}
    run = {"q": dict(zip(ids, scores, strict=True))}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, TREC_MEASURES, relevance_level=level)
    return dict(evaluator.evaluate(run)["q"])


@settings(max_examples=300, deadline=None)
@given(judged_rankings())
def test_metrics_agree_with_trec_eval_also_where_scores_are_equal(
    case: tuple[list[str], list[float], list[int]],
) -> None:
    found, wanted = ours(*case), trec(*case)
    for name, theirs in AS_TREC.items():
        assert found[name] == pytest.approx(wanted[theirs], abs=1e-6), name


@settings(max_examples=100, deadline=None)
@given(judged_rankings(), st.integers(1, 3))
def test_a_least_grade_is_as_trec_evals_relevance_level(
    case: tuple[list[str], list[float], list[int]], level: int
) -> None:
    ids, scores, grades = case
    if max(grades) < level:
        return
    found, wanted = ours(*case, relevant_from=level), trec(ids, scores, grades, level)
    for name in ("map", "mrr", "recall@3", "precision@5"):
        assert found[name] == pytest.approx(wanted[AS_TREC[name]], abs=1e-6), name


@settings(max_examples=100, deadline=None)
@given(judged_rankings())
def test_exponential_gain_agrees_with_scikit_learn_over_gains_made_before(
    case: tuple[list[str], list[float], list[int]],
) -> None:
    ids, scores, grades = case
    if len(ids) < 2:
        return
    places = np.empty(len(ids))
    places[sorted(range(len(ids)), key=lambda row: (scores[row], ids[row]))] = np.arange(len(ids))
    gains = np.exp2(np.array(grades)) - 1
    found = ours(*case, gain="exponential")
    for k in KS:
        assert found[f"ndcg@{k}"] == pytest.approx(ndcg_score([gains], [places], k=k), abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(judged_rankings())
def test_average_precision_agrees_with_scikit_learn_where_no_scores_are_equal(
    case: tuple[list[str], list[float], list[int]],
) -> None:
    ids, _, grades = case
    distinct = [float(number) for number in range(len(ids))]
    wanted = average_precision_score(np.array(grades) > 0, distinct)
    assert ours(ids, distinct, grades)["map"] == pytest.approx(wanted, abs=1e-6)


def test_items_that_were_not_found_add_nothing() -> None:
    found = measure(np.array([2.0, np.inf]), np.ones(2), (5,))
    figures = dict(zip(metric_names((5,)), found, strict=True))
    assert figures["recall@5"] == 0.5
    assert figures["map"] == 0.25


def test_precision_is_of_k_also_where_fewer_items_are_relevant() -> None:
    found = measure(np.array([1.0]), np.ones(1), (10,))
    assert found[metric_names((10,)).index("precision@10")] == 0.1


def test_the_median_rank_is_the_median_of_the_first_relevant_ranks() -> None:
    assert overall("median_rank", np.array([1.0, 3.0, 50.0])) == 3.0


def test_other_metrics_are_means() -> None:
    assert overall("mrr", np.array([0.0, 1.0])) == 0.5


def test_gains_change_graded_scores_only() -> None:
    ranks, binary, graded = np.array([1.0, 2.0, 4.0]), np.ones(3), np.array([1.0, 3.0, 2.0])
    place = metric_names((5,)).index("ndcg@5")
    linear, exponential = (
        [measure(ranks, grades, (5,), gain=gain)[place] for grades in (binary, graded)]
        for gain in ("linear", "exponential")
    )
    assert math.isclose(linear[0], exponential[0])
    assert not math.isclose(linear[1], exponential[1])
