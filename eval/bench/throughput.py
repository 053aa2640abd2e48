"""Ingest end to end against the encoder alone, on the same images."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from eval.bench.measures import Latencies, Measure, time_in_turn


def bench_ingest(
    encode_all: Callable[[], object],
    encode_all_parallel: Callable[[], object],
    ingest_all: Callable[[], object],
    *,
    images: int,
    rounds: int = 3,
) -> list[Measure]:
    """Images per second of the three, and the median of their ratios round by round.

    `encode_all` encodes the `images` decoded images by one call on all cores, as a program does
    that uses the encoder alone; `encode_all_parallel` by one single-threaded call on each core at a
    time, which is the most that the machine gives; `ingest_all` loads the same images from files
    into a new collection: decode, thumbnails, encode, write, build the index.
    """
    bare, parallel, whole = time_in_turn(
        [lambda _: encode_all(), lambda _: encode_all_parallel(), lambda _: ingest_all()], rounds
    )
    basis = f"median of {rounds} rounds, {images} images"
    return [
        Measure("encoder alone", images * 1000 / bare.p50, "images/s", "one call, all cores"),
        Measure("encoders alone", images * 1000 / parallel.p50, "images/s", "a call on each core"),
        Measure("ingest end to end", images * 1000 / whole.p50, "images/s", "files to collection"),
        Measure("ingest / encoder", _ratio(bare, whole), "x", basis, at_least=0.9),
        Measure("ingest / encoders", _ratio(parallel, whole), "x", basis),
    ]


def _ratio(bare: Latencies, whole: Latencies) -> float:
    return statistics.median(b / w for b, w in zip(bare.seconds, whole.seconds, strict=True))
