"""What judging a large gallery takes: seconds and memory, over made vectors."""

from __future__ import annotations

import sys
import time

import numpy as np
import psutil
from numpy.typing import NDArray

from encoders.encoder import Vectors
from eval.bench.measures import Measure
from eval.retrieval.encoding import Encoded
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side, judge
from eval.retrieval.tasks import RetrievalTask

_MOST_RELEVANT = 10
_SLICES = 5
_NOISE = 0.08
_MOST_MEGABYTES = 4_000


def bench_judging(*, items: int, queries: int, dim: int, seed: int = 0) -> list[Measure]:
    """All metrics, intervals and slices of `queries` queries over `items` items, from vectors.

    Each query has 1 to 10 relevant items, of which the first is near it. Memory is the most that
    this whole process had resident at any time, so run it in a process of its own.
    """
    random = np.random.default_rng(seed)
    gallery = _unit(random.standard_normal((items, dim), dtype=np.float32))
    relevant = [
        random.choice(items, random.integers(1, _MOST_RELEVANT + 1), replace=False)
        for _ in range(queries)
    ]
    first = np.array([rows[0] for rows in relevant])
    noise = _NOISE * random.standard_normal((queries, dim), dtype=np.float32)
    asked = _unit(gallery[first] + noise)
    task = _task(items, relevant)
    started = time.perf_counter()
    found = judge(
        task,
        Side("made"),
        Encoded(asked, np.arange(queries)),
        Encoded(gallery, np.arange(items)),
    )
    taken = time.perf_counter() - started
    return _measures(found, taken, f"{items:,} items x {queries:,} queries, {dim} dimensions")


def _task(items: int, relevant: list[NDArray[np.int64]]) -> RetrievalTask:
    item_ids = [f"item-{row}" for row in range(items)]
    query_ids = [f"query-{row}" for row in range(len(relevant))]
    return RetrievalTask(
        name="made",
        query_ids=query_ids,
        queries=query_ids,
        item_ids=item_ids,
        items=item_ids,
        qrels={
            name: {item_ids[row]: 1.0 for row in rows}
            for name, rows in zip(query_ids, relevant, strict=True)
        },
        attributes={"slice": [str(row % _SLICES) for row in range(len(relevant))]},
    )


def _measures(found: Evaluation, taken: float, basis: str) -> list[Measure]:
    return [
        Measure("evaluation from vectors", taken, "s", basis),
        Measure("queries judged", len(found.rows) / taken, "1/s", "metrics, intervals and slices"),
        Measure(
            "peak memory", _peak_bytes() / 1e6, "MB", "the whole process", at_most=_MOST_MEGABYTES
        ),
        Measure("recall@10", found.means["recall@10"], "", "of the made vectors"),
    ]


def _unit(vectors: Vectors) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def _peak_bytes() -> int:
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # not there on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
