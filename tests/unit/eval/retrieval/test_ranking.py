"""Exact ranking in blocks against the naive way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.retrieval.ranking import rank_exactly, tie_order


def naive(query: np.ndarray, items: np.ndarray, ids: list[str], without: int) -> list[int]:
    """Rows best first, by score and then the higher id."""
    scores = items @ query
    rows = [row for row in range(len(items)) if row != without]
    by_id = sorted(rows, key=lambda row: ids[row], reverse=True)
    return sorted(by_id, key=lambda row: -scores[row])


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(1, 40),
    queries=st.integers(1, 7),
    depth=st.integers(1, 50),
    block=st.integers(1, 2_000),
    hide=st.booleans(),
    seed=st.integers(0, 1_000),
)
def test_blocks_of_any_size_rank_as_a_full_sort_does(
    count: int, queries: int, depth: int, block: int, hide: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    # Small whole numbers: products are exact, and equal scores are many.
    items = random.integers(-2, 3, (count, 3)).astype(np.float32)
    asking = random.integers(-2, 3, (queries, 3)).astype(np.float32)
    ids = [str(name) for name in random.permutation(count)]
    without = random.integers(-1, count, queries) if hide else np.full(queries, -1)
    answers = list(
        rank_exactly(
            asking,
            items,
            ties=tie_order(ids),
            asked=lambda query: np.flatnonzero(np.arange(count) != without[query]),
            without=without,
            depth=depth,
            block_bytes=block,
        )
    )
    assert [answer.query for answer in answers] == list(range(queries))
    for query, answer in enumerate(answers):
        wanted = naive(asking[query], items, ids, int(without[query]))
        assert answer.top.tolist() == wanted[:depth]
        rest = [row for row in range(count) if row != without[query]]
        assert answer.ranks.tolist() == [wanted.index(row) + 1 for row in rest]


@pytest.mark.parametrize("asked", [3, 40])
def test_a_few_ranks_and_many_ranks_are_found_alike(asked: int) -> None:
    random = np.random.default_rng(3)
    items = random.integers(0, 4, (50, 2)).astype(np.float32)
    (answer,) = rank_exactly(
        np.ones((1, 2), np.float32),
        items,
        ties=tie_order([f"{row:02}" for row in range(50)]),
        asked=lambda _: np.arange(asked),
        depth=50,
    )
    places = {int(row): place for place, row in enumerate(answer.top, start=1)}
    assert answer.ranks.tolist() == [places[row] for row in range(asked)]


def test_scores_are_those_of_the_best_items() -> None:
    items = np.array([[0.1], [0.9], [0.5]], np.float32)
    (answer,) = rank_exactly(
        np.ones((1, 1), np.float32),
        items,
        ties=tie_order(["a", "b", "c"]),
        asked=lambda _: np.array([0]),
        depth=2,
    )
    assert answer.scores.tolist() == pytest.approx([0.9, 0.5])


def test_among_equal_scores_the_higher_id_comes_first() -> None:
    (answer,) = rank_exactly(
        np.ones((1, 1), np.float32),
        np.ones((3, 1), np.float32),
        ties=tie_order(["b", "c", "a"]),
        asked=lambda _: np.arange(3),
    )
    assert answer.top.tolist() == [1, 0, 2]
    assert answer.ranks.tolist() == [2, 1, 3]
