"""Exact search in blocks of queries: the best items, and the rank of every relevant one.

A block of queries meets the whole gallery at once, so that one row of scores holds all that a
query's ranks depend on; memory is bounded by the size of the block.

Ties: equal scores (to the last bit) are ordered by item id, the higher one first, as in trec_eval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoders.encoder import Vectors

BLOCK_BYTES = 64 * 2**20
"""Scores in memory at a time, in bytes; finding the best takes as much again."""

_FEW = 16
"""Ranks that are counted one by one; more are looked up in the sorted scores."""


@dataclass(frozen=True)
class Ranked:
    """One query's answer.

    Attributes:
        query: row of the query.
        top: int64 (depth,), rows of the best items, best first; shorter where the gallery is.
        scores: float32 (depth,), their inner products with the query.
        ranks: int64 (n,), ranks from 1 of the items that were asked for, in the order asked.
    """

    query: int
    top: NDArray[np.int64]
    scores: NDArray[np.float32]
    ranks: NDArray[np.int64]


def tie_order(item_ids: Sequence[str]) -> NDArray[np.int64]:
    """int64 (items,): the place of each item among items of equal score."""
    order = np.empty(len(item_ids), dtype=np.int64)
    order[sorted(range(len(item_ids)), key=item_ids.__getitem__, reverse=True)] = np.arange(
        len(item_ids)
    )
    return order


def rank_exactly(
    queries: Vectors,
    items: Vectors,
    *,
    ties: NDArray[np.int64],
    asked: Callable[[int], NDArray[np.int64]],
    without: NDArray[np.int64] | None = None,
    depth: int = 100,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Ranked]:
    """Yields the answer to each query, in order.

    Args:
        queries: float32 (q, dim), unit rows.
        items: float32 (n, dim), unit rows.
        ties: as `tie_order` gives them.
        asked: the rows of the items whose ranks are wanted, by row of the query.
        without: int64 (q,), the row of one item that is no part of the gallery for that query;
            -1 for none.
        depth: length of `Ranked.top`, from 1.
    """
    count = len(items)
    size = max(1, block_bytes // (4 * count))
    for start in range(0, len(queries), size):
        scores = queries[start : start + size] @ items.T
        rows = np.arange(start, start + len(scores))
        left_out = None if without is None else without[rows]
        if left_out is not None:
            hidden = np.flatnonzero(left_out >= 0)
            scores[hidden, left_out[hidden]] = -np.inf
        cut = count - min(depth, count)
        least = np.partition(scores, cut, axis=1)[:, cut]
        for place, row in enumerate(rows):
            present = count - int(left_out is not None and left_out[place] >= 0)
            top = _top(scores[place], least[place], ties, min(depth, present))
            ranks = _ranks(scores[place], ties, asked(int(row)))
            yield Ranked(int(row), top, scores[place][top], ranks)


def _top(
    scores: NDArray[np.float32], least: np.float32, ties: NDArray[np.int64], depth: int
) -> NDArray[np.int64]:
    """Rows of the best `depth` items, best first; `least` is the last one's score."""
    candidates = np.flatnonzero(scores >= least)  # more than depth where it cuts ties
    best = np.lexsort((ties[candidates], -scores[candidates]))[:depth]
    return candidates[best]


def _ranks(
    scores: NDArray[np.float32], ties: NDArray[np.int64], asked: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Ranks, from 1, of the rows `asked`."""
    wanted = scores[asked]
    if len(asked) <= _FEW:
        above = np.array([np.count_nonzero(scores > one) for one in wanted], dtype=np.int64)
        equal = np.array([np.count_nonzero(scores == one) for one in wanted], dtype=np.int64)
    else:
        ordered = np.sort(scores)
        not_above = np.searchsorted(ordered, wanted, side="right")
        above = len(scores) - not_above
        equal = not_above - np.searchsorted(ordered, wanted, side="left")
    ranks = above + 1
    for place in np.flatnonzero(equal > 1):
        others = ties[scores == wanted[place]]
        ranks[place] += np.count_nonzero(others < ties[asked[place]])
    return ranks
