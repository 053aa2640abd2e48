"""From vectors to an evaluation: exact ranking, metrics, intervals, slices."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from eval.retrieval.encoding import Encoded
from eval.retrieval.evaluation import Evaluation, LeftOut
from eval.retrieval.judgments import Judgments, Relevant, Usable, usable_queries
from eval.retrieval.measuring import Measuring, fitting
from eval.retrieval.metrics import measure, metric_names, overall
from eval.retrieval.ranking import rank_exactly, tie_order
from eval.retrieval.resampling import intervals
from eval.retrieval.slices import slices
from eval.retrieval.tasks import RetrievalTask

_SHOWN = 10
"""Best items that are kept at least, for people to look at."""


@dataclass(frozen=True)
class Side:
    """Whose answers are judged, and the seconds already spent on them by stage.

    `dim` is asked for where the vectors themselves are not there to tell.
    """

    encoder: str
    fingerprint: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    dim: int = 0


@dataclass(frozen=True)
class Answers:
    """What each query found.

    Attributes:
        rankings: int64 (queries, depth), rows of the best items in the task; -1 for none.
        scores: float32 (queries, depth); NaN for none.
        per_query: float64 (queries,) by metric.
    """

    rankings: NDArray[np.int64]
    scores: NDArray[np.float32]
    per_query: dict[str, NDArray[np.float64]]


def judge(
    task: RetrievalTask,
    side: Side,
    queries: Encoded,
    items: Encoded,
    *,
    measuring: Measuring | None = None,
) -> Evaluation:
    """As `evaluate`, from vectors: so that one gallery serves several sets of queries."""
    measuring = measuring or Measuring()
    started = time.perf_counter()
    judgments = Judgments(task, measuring.unknown)
    check_readable(task.name, items)
    usable = usable_queries(task, judgments, queries, items)
    own = np.array([judgments.own(int(row)) for row in usable.rows], dtype=np.int64)
    gallery = len(items.rows) - int((own >= 0).any())
    ks, notes = fitting(measuring.ks, gallery)
    answers = _answers(task, usable, own, (queries, items), (ks, measuring))
    return Evaluation(
        task=task,
        encoder=side.encoder,
        fingerprint=side.fingerprint,
        dim=items.vectors.shape[1],
        ks=ks,
        gain=measuring.gain,
        bootstrap=measuring.bootstrap,
        rows=usable.rows,
        per_query=answers.per_query,
        means={name: overall(name, values) for name, values in answers.per_query.items()},
        intervals=intervals(answers.per_query, measuring.bootstrap),
        rankings=answers.rankings,
        scores=answers.scores,
        gallery=gallery,
        slices=slices(slice_values(task, usable), answers.per_query, measuring.bootstrap),
        left_out=left_out(usable, judgments, queries, items),
        notes=notes,
        seconds={**side.seconds, "ranking": time.perf_counter() - started},
    )


def check_readable(task: str, items: Encoded) -> None:
    """Raises SourceError unless there is an item that could be encoded."""
    if not len(items.rows):
        raise SourceError(
            f"No item of task '{task}' can be read.",
            hint=f"The first: {items.skipped[0].reason}" if items.skipped else "",
        )


def left_out(usable: Usable, judgments: Judgments, queries: Encoded, items: Encoded) -> LeftOut:
    """What the figures are not about."""
    return LeftOut(
        unreadable_items=items.skipped,
        unreadable_queries=queries.skipped,
        unjudged=usable.unjudged,
        lost=usable.lost,
        unknown_items=judgments.unknown_items,
        unknown_queries=judgments.unknown_queries,
    )


def slice_values(task: RetrievalTask, usable: Usable) -> dict[str, list[set[str | None]]]:
    """By attribute, for each usable query the values that it counts in.

    Attributes of items are named 'item NAME': the query counts in every value of its relevant ones.
    """
    found: dict[str, list[set[str | None]]] = {
        name: [{values[row]} for row in usable.rows] for name, values in task.attributes.items()
    }
    for name, values in task.item_attributes.items():
        found[f"item {name}"] = [
            {values[row] for row in relevant.rows} for relevant in usable.relevant
        ]
    return found


def measured(
    found: Sequence[tuple[NDArray[np.float64], Relevant]],
    ks: tuple[int, ...],
    measuring: Measuring,
    relevant_from: float,
) -> dict[str, NDArray[np.float64]]:
    """The metrics of all queries, from the ranks of their relevant items."""
    table = np.array(
        [
            measure(ranks, one.grades, ks, gain=measuring.gain, relevant_from=relevant_from)
            for ranks, one in found
        ]
    )
    return {name: table[:, column].copy() for column, name in enumerate(metric_names(ks))}


def blank(queries: int, depth: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rankings and scores that say 'none' everywhere."""
    shape = (queries, depth)
    return np.full(shape, -1, dtype=np.int64), np.full(shape, np.nan, dtype=np.float32)


def _answers(
    task: RetrievalTask,
    usable: Usable,
    own: NDArray[np.int64],
    vectors: tuple[Encoded, Encoded],
    cuts: tuple[tuple[int, ...], Measuring],
) -> Answers:
    """Ranks the gallery for every usable query and measures what was found."""
    (queries, items), (ks, measuring) = vectors, cuts
    place_of = np.full(len(task.items), -1, dtype=np.int64)
    place_of[items.rows] = np.arange(len(items.rows))
    depth = min(max(*ks, _SHOWN), len(items.rows))
    ranked = rank_exactly(
        queries.vectors[usable.places],
        items.vectors,
        ties=tie_order([task.item_ids[row] for row in items.rows]),
        asked=lambda query: place_of[usable.relevant[query].rows],
        without=np.where(own >= 0, place_of[own], -1),
        depth=depth,
    )
    rankings, scores = blank(len(usable.rows), depth)
    found = []
    for one in ranked:
        rankings[one.query, : len(one.top)] = items.rows[one.top]
        scores[one.query, : len(one.top)] = one.scores
        ranks = one.ranks.astype(np.float64)
        found.append((ranks, usable.relevant[one.query]))
    return Answers(rankings, scores, measured(found, ks, measuring, task.relevant_from))
