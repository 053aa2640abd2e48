"""Ingest end to end against the encoder alone, on the same images."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from eval.bench.measures import Measure, time_in_turn


def bench_ingest(
    encode_all: Callable[[], object],
    ingest_all: Callable[[], object],
    *,
    images: int,
    rounds: int = 3,
) -> list[Measure]:
    """Images per second of both, and the median of their ratios round by round.

    `encode_all` encodes the `images` decoded images; `ingest_all` loads the same images from files
    into a new collection: decode, encode, thumbnails, write.
    """
    bare, whole = time_in_turn([lambda _: encode_all(), lambda _: ingest_all()], rounds)
    ratios = [b / w for b, w in zip(bare.seconds, whole.seconds, strict=True)]
    return [
        Measure("encoder alone", images * 1000 / bare.p50, "images/s", "images decoded before"),
        Measure("ingest end to end", images * 1000 / whole.p50, "images/s", "files to collection"),
        Measure(
            "ingest / encoder",
            statistics.median(ratios),
            "x",
            f"median of {rounds} rounds, {images} images",
            at_least=0.8,
        ),
    ]
