"""Large sets of vectors made from real ones, with queries held out and their exact answers.

Kept in a folder, so that every configuration of a benchmark gets the same ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidRequest
from eval.bench.synthetic import multiply

K = 10
_BLOCK = 100_000
_LEAST = 50


@dataclass(frozen=True)
class Seed:
    """Real embeddings, float32 unit rows (n, dim): those that are multiplied, and the queries held
    out of them."""

    source: str
    vectors: NDArray[np.float32]
    images: NDArray[np.float32]
    texts: NDArray[np.float32]

    @property
    def digest(self) -> str:
        """Tells one seed from another."""
        together = hashlib.sha256()
        for part in (self.vectors, self.images, self.texts):
            together.update(np.ascontiguousarray(part).tobytes())
        return together.hexdigest()[:12]

    @property
    def dim(self) -> int:
        return int(self.vectors.shape[1])


@dataclass(frozen=True)
class MadeSet:
    """One size and dimension of a seed's set, as files in a folder."""

    folder: Path

    @property
    def vectors(self) -> NDArray[np.float32]:
        """Mapped, not loaded: (points, dim)."""
        return np.load(self.folder / "vectors.npy", mmap_mode="r")  # type: ignore[no-any-return]

    @property
    def queries(self) -> NDArray[np.float32]:
        """Images first, then texts."""
        return np.load(self.folder / "queries.npy")  # type: ignore[no-any-return]

    @property
    def answers(self) -> NDArray[np.int64]:
        """(queries, K): rows of the nearest vectors."""
        return np.load(self.folder / "answers.npy")  # type: ignore[no-any-return]

    @property
    def images(self) -> int:
        """How many of the queries are images."""
        return int(np.load(self.folder / "images.npy"))


def make_set(seed: Seed, *, dim: int, points: int, work: Path) -> MadeSet:
    """The set of `points` vectors cut to `dim`; made unless the folder `work` has it already.

    Raises InvalidRequest where there are too few real vectors, or they are shorter than `dim`.
    """
    if len(seed.vectors) < _LEAST:
        raise InvalidRequest(
            f"There are only {len(seed.vectors)} real vectors; it takes at least {_LEAST}.",
            hint="Name a larger --source or --collection.",
        )
    if dim > seed.dim:
        raise InvalidRequest(f"The vectors have {seed.dim} dimensions, not {dim}.", field="dims")
    folder = work / f"{seed.digest}-{dim}-{points}"
    made = MadeSet(folder)
    if (folder / "answers.npy").exists():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    vectors = np.lib.format.open_memmap(
        folder / "vectors.npy", mode="w+", dtype=np.float32, shape=(points, dim)
    )
    for number, (_, vector) in enumerate(multiply(seed.vectors, points)):
        vectors[number] = cut(vector, dim)
    vectors.flush()
    queries = cut(np.concatenate([seed.images, seed.texts]), dim)
    np.save(folder / "queries.npy", queries)
    np.save(folder / "images.npy", np.array(len(seed.images)))
    np.save(folder / "answers.npy", nearest(vectors, queries))  # last: it says that all is there
    return made


def cut(vectors: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    """The first `dim` components (Kusupati et al. 2022), at unit length again."""
    shorter = vectors[..., :dim]
    return np.asarray(shorter / np.linalg.norm(shorter, axis=-1, keepdims=True), dtype=np.float32)


def nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int = K
) -> NDArray[np.int64]:
    """(queries, k) rows of the largest dot products, best first, block by block."""
    scores = np.empty((len(queries), 0), dtype=np.float32)
    rows = np.empty((len(queries), 0), dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        block = queries @ np.asarray(vectors[start : start + _BLOCK]).T
        here = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        scores = np.concatenate([scores, block], axis=1)
        rows = np.concatenate([rows, here], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(scores, best, axis=1)
        rows = np.take_along_axis(rows, best, axis=1)
    return rows
