"""A generation of the embedded engine outside of its store, for measurements only.

Searches here choose what the product fixes in qdrant.graph: with or without rescoring, how many
candidates, how much oversampling. Files and resident memory are told apart by what they hold.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import qdrant_edge as engine
from numpy.typing import NDArray

from qdrant.generation_folder import GenerationFolder
from qdrant.graph import OVERSAMPLING, SEARCH_EF
from qdrant.shard import Shard
from qdrant.store import JOINT, Quantization

_KINDS = (
    ("codes", "quantized"),
    ("graph", "vector_index"),
    ("originals", "vector_storage"),
    ("payload", "payload"),
    ("ids", "id_tracker"),
    ("log", "/wal/"),
)
"""What a file of the engine holds, by the first of these that occurs in its path."""


@dataclass(frozen=True)
class Walk:
    """How a trial searches.

    Attributes:
        rescore: compare the candidates' full vectors; without, codes alone decide.
        ef: candidates kept while the graph is walked.
        oversampling: candidates rescored per result wanted; None takes the product's.
    """

    rescore: bool = True
    ef: int = SEARCH_EF
    oversampling: float | None = None

    def params(self, quantization: Quantization) -> engine.SearchParams:
        codes = None
        if quantization != "none":
            wanted = self.oversampling or OVERSAMPLING[quantization]
            codes = engine.QuantizationSearchParams(
                rescore=self.rescore, oversampling=wanted if self.rescore else None
            )
        return engine.SearchParams(hnsw_ef=self.ef, quantization=codes)


class Trial:
    """A generation's shard, open for measured searches. Close it at the end.

    Args:
        folder: of the generation, which no other process has open.
    """

    def __init__(self, folder: Path) -> None:
        generation = GenerationFolder(folder)
        self._config = generation.read_config()
        self._shard = Shard(generation.shard)

    def searcher(self, walk: Walk, limit: int) -> Callable[[NDArray[np.float32]], list[str]]:
        """A function that finds the ids of the nearest `limit` points to a unit vector."""
        params = walk.params(self._config.quantization)

        def search(vector: NDArray[np.float32]) -> list[str]:
            found = self._shard.query(
                lambda: engine.QueryRequest(
                    limit=limit,
                    query=engine.Query.Nearest(vector.tolist(), using=JOINT),
                    params=params,
                    with_payload=["id"],
                )
            )
            return [(point.payload or {})["id"] for point in found]

        return search

    def sizes(self) -> tuple[int, int, int]:
        """Points, vectors in the graph, segments."""
        return *self._shard.sizes(), self._shard.segments()

    def close(self) -> None:
        self._shard.close()


class ShardFiles:
    """The files of the generation in `folder`, told apart by what they hold: codes, graph,
    originals, payload, ids, log, other; and spare, the segment that is laid out for later writes,
    whose size doesn't depend on what is in the index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        segments = [path for path in (folder / "shard" / "segments").glob("*") if path.is_dir()]
        built = [path for path in segments if any(path.glob("vector_index-*/links*"))]
        self._spare = [str(path) for path in segments if built and path not in built]

    def holding(self, path: str) -> str:
        """What the file `path`, below the folder, holds."""
        if any(path.startswith(segment) for segment in self._spare):
            return "spare"
        inside = path.removeprefix(str(self.folder))
        return next((kind for kind, part in _KINDS if part in inside), "other")

    def sizes(self) -> dict[str, int]:
        """Bytes by kind; sparse files as allocated."""
        found: dict[str, int] = {}
        for path in _files(self.folder):
            kind = self.holding(str(path))
            found[kind] = found.get(kind, 0) + path.stat().st_blocks * 512
        return found


def forget_cached(folder: Path) -> None:
    """Ask the system to drop what it keeps of the files in memory (POSIX), as after a restart."""
    for path in _files(folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
