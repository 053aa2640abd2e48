"""One step of measuring an index, in a process of its own: `python -m eval.bench.index_child`.

Building and each way of searching get their own process, so that the memory of one is not counted
with another's. Reads its task as JSON from standard input and writes its answer to standard output.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BinocleError
from eval.bench.made_vectors import K, MadeSet
from eval.bench.resident import resident
from eval.planning.samples import Sample
from qdrant.edge import EdgeStore
from qdrant.edge_trial import ShardFiles, Trial, Walk, forget_cached
from qdrant.store import JOINT, CollectionConfig, Point, Quantization

_COLLECTION = "trial"
_BATCH = 1_000
_LEAST_CALLS = 2_000


def build(made: MadeSet, quantization: Quantization, root: Path) -> dict[str, Any]:
    """Writes all vectors into a new collection below `root` and builds its index."""
    vectors = made.vectors
    config = CollectionConfig("made", "made", {JOINT: vectors.shape[1]}, quantization=quantization)
    # One graph, whatever the size: it is that which is measured.
    store = EdgeStore(root, role="benchmark", segment_points=len(vectors))
    started, busy = time.perf_counter(), time.process_time()
    generation = store.create(_COLLECTION, config)
    for start in range(0, len(vectors), _BATCH):
        block = np.array(vectors[start : start + _BATCH])
        generation.upsert(
            [Point(str(row), {JOINT: vector}, {}) for row, vector in enumerate(block, start)]
        )
    written = time.perf_counter()
    generation.compact()
    ended = time.perf_counter()
    name = generation.name
    generation.close()
    store.close()
    return {
        "generation": str(root / _COLLECTION / "generations" / name),
        "write_seconds": written - started,
        "index_seconds": ended - written,
        "build_core_seconds": time.process_time() - busy,
    }


def search(made: MadeSet, generation: Path, *, rescore: bool) -> dict[str, Any]:
    """Recall, times and memory of searches in a built index."""
    queries, answers, images = made.queries, made.answers, made.images
    forget_cached(generation)
    files = ShardFiles(generation)
    heap = resident(files)["heap"]
    trial = Trial(generation)
    find = trial.searcher(Walk(rescore=rescore), K)
    first: list[float] = []
    found = [_timed(functools.partial(find, query), first) for query in queries]
    shares = np.array(
        [len({int(each) for each in ids} & set(true)) / K
         for ids, true in zip(found, answers.tolist(), strict=True)]
    )  # fmt: skip
    taken: list[float] = []
    busy = time.process_time()
    for number in range(max(_LEAST_CALLS, len(queries))):
        query = queries[number % len(queries)]
        _timed(functools.partial(find, query), taken)
    busy = time.process_time() - busy
    after = resident(files)
    points, indexed, segments = trial.sizes()
    trial.close()
    return {
        "points": points,
        "indexed": indexed,
        "segments": segments,
        "searched": {
            "rescore": rescore,
            "recall_images": float(shares[:images].mean()),
            "recall_texts": float(shares[images:].mean()),
            "core_seconds": busy / len(taken),
            "latency": Sample.of(taken).model_dump(),
            "first": Sample.of(first).model_dump(),
            "heap": max(after.pop("heap") - heap, 0),
            "process": heap + sum(after.values()),
            "resident": {kind: size for kind, size in after.items() if kind != "program"},
        },
    }


def pace(both: list[tuple[MadeSet, Path]]) -> dict[str, Any]:
    """Rescored searches in two indexes, in turn: times of each, once both are in memory."""
    trials = [Trial(generation) for _, generation in both]
    finders = [trial.searcher(Walk(), K) for trial in trials]
    queries = both[0][0].queries
    taken: list[list[float]] = [[], []]
    for number in range(len(queries) + _LEAST_CALLS):
        query = queries[number % len(queries)]
        for find, times in zip(finders, taken, strict=True):
            _timed(functools.partial(find, query), times)
    for trial in trials:
        trial.close()
    smaller, larger = (Sample.of(times[len(queries) :]).model_dump() for times in taken)
    return {"smaller": smaller, "larger": larger}


def _timed(call: Callable[[], list[str]], taken: list[float]) -> list[str]:
    started = time.perf_counter()
    answer = call()
    taken.append(time.perf_counter() - started)
    return answer


def _main(task: dict[str, Any]) -> dict[str, Any]:
    if task["step"] == "pace":
        return pace(
            [(MadeSet(Path(each["made"])), Path(each["generation"])) for each in task["both"]]
        )
    made = MadeSet(Path(task["made"]))
    if task["step"] == "build":
        answer = build(made, task["quantization"], Path(task["root"]))
        return {**answer, "disk": ShardFiles(Path(answer["generation"])).sizes()}
    return search(made, Path(task["generation"]), rescore=task["rescore"])


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(_main(json.load(sys.stdin))))
    except BinocleError as error:
        sys.stderr.write(str(error))
        sys.exit(1)
