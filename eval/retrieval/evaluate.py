"""Evaluates towers on a task, by exact search."""

from __future__ import annotations

import time
from collections.abc import Sequence

from encoders.encoder import Encoder
from eval.retrieval.encoding import Encoding, encode_members
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side, judge
from eval.retrieval.judgments import Judgments
from eval.retrieval.measuring import KS, Measuring
from eval.retrieval.tasks import Task, ZeroShotTask
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
    if task.queries is task.items:  # each image asks for the others
        queries = items
    else:
        queries = encode_members(encoder, task.query_ids, task.queries, encoding)
    seconds = {"items": items_done - started, "queries": time.perf_counter() - items_done}
    side = Side(encoder.name, encoder.fingerprint, seconds)
    return judge(task, side, queries, items, measuring=measuring)
