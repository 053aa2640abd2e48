"""Answers that come as lists of ids, as a search service gives them: judged to the lists' end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from eval.retrieval.encoding import Encoded, Skipped
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Answers, Side, blank, left_out, measured, slice_values
from eval.retrieval.judgments import Judgments, Usable, usable_queries
from eval.retrieval.measuring import Measuring, fitting
from eval.retrieval.metrics import overall
from eval.retrieval.resampling import intervals
from eval.retrieval.slices import slices
from eval.retrieval.tasks import RetrievalTask


@dataclass(frozen=True)
class RankedList:
    """Ids best first, each once, with their scores: higher is better."""

    ids: tuple[str, ...]
    scores: tuple[float, ...]

    def without(self, item_id: str) -> RankedList:
        """The list without one id."""
        kept = [place for place, one in enumerate(self.ids) if one != item_id]
        return RankedList(
            tuple(self.ids[place] for place in kept), tuple(self.scores[place] for place in kept)
        )

    def first(self, depth: int) -> RankedList:
        """The best `depth`."""
        return RankedList(self.ids[:depth], self.scores[:depth])


@dataclass(frozen=True)
class Lists:
    """What a service answered.

    Attributes:
        found: by row of the query in the task.
        depth: length of the lists where there is enough to find.
        gallery: number of items that were searched.
        missing: items of the task that were not among them.
        unanswered: queries that could not be asked.
        shares: further figures of each query, by name and then by row of the query.
    """

    found: Mapping[int, RankedList]
    depth: int
    gallery: int
    missing: tuple[Skipped, ...] = ()
    unanswered: tuple[Skipped, ...] = ()
    shares: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def judge_lists(
    task: RetrievalTask, side: Side, lists: Lists, *, measuring: Measuring | None = None
) -> Evaluation:
    """As `judge`, of lists: an item beyond a list's end counts as not found.

    So 'map', 'mrr' and 'median_rank' see the first `depth` items only, and a note says so. Ids that
    the task does not have take their places in the list, and are not relevant.

    Raises SourceError when nothing is left to measure, InvalidQuery when no cut fits the lists.
    """
    measuring = measuring or Measuring()
    started = time.perf_counter()
    judgments = Judgments(task, measuring.unknown)
    nothing = np.zeros((0, 0), dtype=np.float32)
    missing = {one.id for one in lists.missing}
    present = [row for row, name in enumerate(task.item_ids) if name not in missing]
    if not present:
        raise SourceError(f"No item of task '{task.name}' is in the collection.")
    items = Encoded(nothing, np.array(present, dtype=np.int64), lists.missing)
    asked = np.array(sorted(lists.found), dtype=np.int64)
    queries = Encoded(nothing, asked, lists.unanswered)
    usable = usable_queries(task, judgments, queries, items)
    ks, notes = fitting(measuring.ks, min(lists.gallery, lists.depth))
    answers = _answers(task, usable, lists, ks, measuring)
    cut = f"map, mrr and median_rank see the first {lists.depth:,} items of each answer."
    return Evaluation(
        task=task,
        encoder=side.encoder,
        fingerprint=side.fingerprint,
        dim=side.dim,
        ks=ks,
        gain=measuring.gain,
        bootstrap=measuring.bootstrap,
        rows=usable.rows,
        per_query=answers.per_query,
        means={name: overall(name, values) for name, values in answers.per_query.items()},
        intervals=intervals(answers.per_query, measuring.bootstrap),
        rankings=answers.rankings,
        scores=answers.scores,
        gallery=lists.gallery,
        slices=slices(slice_values(task, usable), answers.per_query, measuring.bootstrap),
        left_out=left_out(usable, judgments, queries, items),
        notes=(*notes, cut, *lists.notes),
        seconds={**side.seconds, "judging": time.perf_counter() - started},
    )


def shared(found: RankedList, exact: RankedList, k: int) -> float:
    """Share of the exact best `k` that is among the best `k` found, 0 to 1: ANN recall@k."""
    wanted = set(exact.ids[:k])
    return len(wanted & set(found.ids[:k])) / len(wanted) if wanted else 1.0


def _answers(
    task: RetrievalTask,
    usable: Usable,
    lists: Lists,
    ks: tuple[int, ...],
    measuring: Measuring,
) -> Answers:
    row_of = {name: row for row, name in enumerate(task.item_ids)}
    rankings, scores = blank(len(usable.rows), lists.depth)
    ranks = []
    for place, row in enumerate(usable.rows):
        answer = lists.found[int(row)].first(lists.depth)
        rows = [row_of.get(name, -1) for name in answer.ids]
        rankings[place, : len(rows)] = rows
        scores[place, : len(rows)] = answer.scores
        ranks.append((_ranks(rows, usable.relevant[place].rows), usable.relevant[place]))
    per_query = measured(ranks, ks, measuring, task.relevant_from)
    for name, values in lists.shares.items():
        per_query[name] = np.array([values[int(row)] for row in usable.rows])
    return Answers(rankings, scores, per_query)


def _ranks(found: Sequence[int], relevant: NDArray[np.int64]) -> NDArray[np.float64]:
    """Ranks of the relevant rows, from 1; infinite for those that were not found."""
    place_of = {row: place for place, row in enumerate(found, start=1) if row >= 0}
    return np.array([place_of.get(int(row), np.inf) for row in relevant])
