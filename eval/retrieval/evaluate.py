"""Evaluates towers on a task, by exact search."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from encoders.encoder import Encoder
from eval.retrieval.encoding import Encoded, Encoding, Skipped, encode_members
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side, judge
from eval.retrieval.judgments import Judgments
from eval.retrieval.measuring import KS, Measuring
from eval.retrieval.tasks import RetrievalTask, Task, ZeroShotTask
from eval.retrieval.zeroshot import classify


def evaluate(
    encoder: Encoder,
    task: Task,
    *,
    ks: Sequence[int] = KS,
    measuring: Measuring | None = None,
    encoding: Encoding | None = None,
) -> Evaluation:
    """`encoder` on `task`, by exact search over the whole gallery.

    Args:
        ks: the cuts, where `measuring` is not given.
        measuring: what is measured, and how.
        encoding: limits on images, cache and progress.

    Raises SourceError when nothing is left to measure or judgments name unknown ids, InvalidQuery
    when no cut fits the gallery, EncoderError when the encoder fails.
    """
    measuring = measuring or Measuring(tuple(ks))
    if isinstance(task, ZeroShotTask):
        return classify(encoder, task, bootstrap=measuring.bootstrap, encoding=encoding)
    Judgments(task, measuring.unknown)  # unknown ids are told before the encoder has worked
    started = time.perf_counter()
    items = encode_members(encoder, task.item_ids, task.items, encoding)
    items_done = time.perf_counter()
    queries = among(task, items) or encode_members(encoder, task.query_ids, task.queries, encoding)
    seconds = {"items": items_done - started, "queries": time.perf_counter() - items_done}
    side = Side(encoder.name, encoder.fingerprint, seconds)
    return judge(task, side, queries, items, measuring=measuring)


def among(task: RetrievalTask, items: Encoded) -> Encoded | None:
    """The queries, where all of them are members of the gallery: nothing is encoded twice."""
    row_of = {id(member): row for row, member in enumerate(task.items)}
    rows = [row_of.get(id(query), -1) for query in task.queries]
    if min(rows) < 0:
        return None
    place_of = {int(row): place for place, row in enumerate(items.rows)}
    usable = [place for place, row in enumerate(rows) if row in place_of]
    reasons = {one.id: one.reason for one in items.skipped}
    skipped = tuple(
        Skipped(task.query_ids[place], reasons[task.item_ids[row]])
        for place, row in enumerate(rows)
        if row not in place_of
    )
    vectors = items.vectors[[place_of[rows[place]] for place in usable]]
    return Encoded(vectors, np.array(usable, dtype=np.int64), skipped)
