"""Measures what `eval.planning` needs to know of a machine."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import orjson

from eval.bench.index_records import Record
from eval.planning.constants import Engine
from eval.planning.samples import Sample

_WARM_UP = 10
_BLOCK = 4096
_READS = 2_000
_SHARDS, _HITS = 100, 20


def timed(call: Callable[[int], object], calls: int) -> Sample:
    """Wall time of calls made one after the other; each gets its number."""
    for number in range(_WARM_UP):
        call(number)
    taken = []
    for number in range(calls):
        started = time.perf_counter()
        call(number)
        taken.append(time.perf_counter() - started)
    return Sample.of(taken)


def core_seconds(call: Callable[[int], object], calls: int) -> float:
    """Mean processor time of a call, over all threads of this process."""
    call(0)
    busy = time.process_time()
    for number in range(calls):
        call(number)
    return (time.process_time() - busy) / calls


def random_reads(file: Path, reads: int = _READS, seed: int = 0) -> Sample:
    """Time of a read of 4 KiB at a random place of a file that the system was asked to forget.

    What lies below may keep it all the same: a virtual disk's host, or the disk itself.
    """
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_RANDOM)
        blocks = max(file.stat().st_size // _BLOCK, 1)
        places = np.random.default_rng(seed).permutation(blocks)[:reads]
        taken = []
        for place in places.tolist():
            started = time.perf_counter()
            os.pread(handle, _BLOCK, place * _BLOCK)
            taken.append(time.perf_counter() - started)
        return Sample.of(taken)
    finally:
        os.close(handle)


def merge_core_seconds(rounds: int = 50, seed: int = 0) -> float:
    """Processor time for one hit of a shard's answer: parsed from JSON, and merged with others."""
    random = np.random.default_rng(seed)
    answers = [
        orjson.dumps(
            [
                {"id": f"item-{shard}-{hit}", "score": score}
                for hit, score in enumerate(sorted(random.random(_HITS).tolist(), reverse=True))
            ]
        )
        for shard in range(_SHARDS)
    ]

    def merge(_: int) -> object:
        hits = (hit for answer in answers for hit in orjson.loads(answer))
        return heapq.nlargest(_HITS, hits, key=lambda hit: hit["score"])

    return core_seconds(merge, rounds) / (_SHARDS * _HITS)


def engines(records: Iterable[Record]) -> tuple[Engine, ...]:
    """What the plan needs of measured indexes. Those too small for a graph are left out."""
    return tuple(
        Engine(
            quantization=record.configuration.quantization,
            rescore=searched.rescore,
            dim=record.configuration.dim,
            points=record.configuration.points,
            codes_bytes=record.disk.get("codes", 0.0),
            graph_bytes=record.disk.get("graph", 0.0),
            ids_bytes=record.disk.get("ids", 0.0) + record.disk.get("payload", 0.0),
            heap_bytes=_beside_codes(record, searched.heap, searched.resident.get("codes", 0.0)),
            build_core_seconds=record.build_core_seconds,
            search_core_seconds=searched.core_seconds,
            latency=searched.latency,
            recall=searched.recall,
        )
        for record in records
        if record.indexed >= record.configuration.points
        for searched in record.searches
    )


def _beside_codes(record: Record, heap: float, mapped: float) -> float:
    """Heap without codes, which lie there unless they are mapped."""
    return max(heap - max(record.disk.get("codes", 0.0) - mapped, 0.0), 0.0)
