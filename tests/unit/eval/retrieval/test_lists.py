"""Lists of ids, as a search service answers, against exact ranking."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from eval.retrieval.encoding import Encoded, Skipped
from eval.retrieval.judging import Side, judge
from eval.retrieval.lists import Lists, RankedList, judge_lists, shared
from eval.retrieval.measuring import Measuring
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.tasks import RetrievalTask

QUICK = Measuring((1, 3), bootstrap=Bootstrap(resamples=20))
IDS = ["a", "b", "c", "d", "e"]
TASK = RetrievalTask("t", ["q"], ["text"], IDS, IDS, {"q": {"b": 2.0, "e": 1.0}})


def listed(*ids: str) -> RankedList:
    return RankedList(ids, tuple(1 - 0.1 * place for place in range(len(ids))))


def test_items_beyond_the_lists_end_are_not_found() -> None:
    found = judge_lists(TASK, Side("s"), Lists({0: listed("a", "b", "c")}, 3, 5), measuring=QUICK)
    assert found.means["recall@3"] == 0.5
    assert found.means["map"] == pytest.approx(0.5 * 0.5)
    assert "first 3 items" in " ".join(found.notes)


def test_a_list_without_anything_relevant_has_no_rank() -> None:
    found = judge_lists(TASK, Side("s"), Lists({0: listed("a", "c", "d")}, 3, 5), measuring=QUICK)
    assert found.means["mrr"] == 0.0
    assert found.means["median_rank"] == np.inf
    assert found.to_json()["metrics"]["median_rank"]["value"] is None


def test_ids_that_the_task_does_not_have_take_their_places() -> None:
    lists = Lists({0: listed("x", "b")}, 3, 9)
    found = judge_lists(TASK, Side("s"), lists, measuring=QUICK)
    assert found.means["mrr"] == 0.5
    assert found.top(0, 3) == ["b"]


def test_items_that_the_collection_lacks_are_named() -> None:
    lists = Lists({0: listed("b")}, 3, 4, missing=(Skipped("e", "not in the collection"),))
    found = judge_lists(TASK, Side("s"), lists, measuring=QUICK)
    assert found.means["recall@1"] == 1.0
    assert found.left_out.unreadable_items[0].id == "e"


def test_a_collection_without_any_of_the_items_is_told() -> None:
    missing = tuple(Skipped(name, "not there") for name in IDS)
    with pytest.raises(SourceError, match="No item"):
        judge_lists(TASK, Side("s"), Lists({0: listed("x")}, 3, 4, missing=missing))


def test_further_figures_of_queries_become_metrics() -> None:
    lists = Lists({0: listed("b")}, 3, 5, shares={"index_recall@3": {0: 0.25}})
    assert judge_lists(TASK, Side("s"), lists, measuring=QUICK).means["index_recall@3"] == 0.25


@pytest.mark.parametrize(
    ("found", "exact", "share"),
    [("ab", "ab", 1.0), ("ba", "ab", 1.0), ("ac", "ab", 0.5), ("cd", "ab", 0.0), ("", "", 1.0)],
)
def test_the_share_of_the_exact_best_is_counted_in_any_order(
    found: str, exact: str, share: float
) -> None:
    assert shared(listed(*found), listed(*exact), 2) == share


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_whole_lists_are_judged_as_exact_search_is(seed: int) -> None:
    random = np.random.default_rng(seed)
    count, asked = int(random.integers(3, 9)), int(random.integers(1, 5))
    ids = [f"i{number}" for number in range(count)]
    queries = [f"q{number}" for number in range(asked)]
    qrels = {
        name: {item: float(random.integers(0, 4)) for item in ids} | {ids[0]: 1.0}
        for name in queries
    }
    task = RetrievalTask("t", queries, queries, ids, ids, qrels)
    items = random.standard_normal((count, 3)).astype(np.float32)
    vectors = random.standard_normal((asked, 3)).astype(np.float32)
    exact = judge(
        task,
        Side("s"),
        Encoded(vectors, np.arange(asked)),
        Encoded(items, np.arange(count)),
        measuring=QUICK,
    )
    found = {
        row: RankedList(
            tuple(ids[place] for place in np.argsort(-(items @ vectors[row]))),
            tuple(np.sort(items @ vectors[row])[::-1].tolist()),
        )
        for row in range(asked)
    }
    lists = judge_lists(task, Side("s"), Lists(found, count, count), measuring=QUICK)
    assert lists.means == pytest.approx(exact.means)
    assert lists.rankings[:, :count].tolist() == exact.rankings[:, :count].tolist()
