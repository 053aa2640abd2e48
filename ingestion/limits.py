"""What ingestion accepts, and how hard it works: value objects that callers pass in."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from encoders.images import MAX_FILE_BYTES, MAX_PIXELS


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class FetchLimits:
    """Bounds on fetching one image by URL."""

    max_bytes: int = 20 * 2**20  # of the body
    timeout_s: float = 20.0  # for one attempt as a whole, redirects included
    max_redirects: int = 5
    attempts: int = 3
    retry_wait_s: float = 0.5  # before the second attempt; doubles from there
    longest_wait_s: float = 2.0  # a server that wants more (Retry-After) is given up
    per_host: int = 4  # requests to one host at a time
    allow_private: bool = False  # addresses of this machine and of private networks
    object_stores: bool = False  # s3:// and the like, with the rights of this process
    cache: Path | None = None  # file of images fetched before, asked for again only if changed
    cache_bytes: int = 2**30  # largest size of that file

    def for_loads(self) -> FetchLimits:
        """The same for a bulk load, whose catalog is its operator's and which can wait."""
        return replace(self, attempts=5, longest_wait_s=60.0, object_stores=True)


@dataclass(frozen=True)
class Limits:
    """Bounds on one item's image."""

    max_pixels: int = MAX_PIXELS
    max_bytes: int = MAX_FILE_BYTES  # of an image file
    fetch: FetchLimits = field(default_factory=FetchLimits)


@dataclass(frozen=True)
class Pace:
    """Threads and batches of a load.

    An encoder whose image tower runs on one thread, called from as many threads as there are cores,
    gives more images a second than one call on all cores; `encoders` is that number of threads.
    """

    decoders: int = field(default_factory=cores)
    encoders: int = 1
    fetchers: int = 8  # downloads at a time
    encode_batch: int = 8  # images
    write_batch: int = 256  # points; also how much a crash can lose
    ahead: int = 32  # decoded images waiting for the encoder
