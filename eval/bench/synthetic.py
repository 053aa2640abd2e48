"""Made inputs for benchmarks: more vectors than there are images, and a photo of a given size."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_NEIGHBOURS = 10
_BLOCK = 1_000


def multiply(
    vectors: NDArray[np.float32], total: int, *, spread: float = 0.25, seed: int = 0
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yields (row of `vectors`, unit vector (dim,)) `total` times.

    The given float32 (n, dim) unit vectors come first, as they are. Each of the rest lies somewhere
    between the row's vector and one of its ten nearest, with noise of norm `spread` laid over: one
    connected cloud, as images are, and neither uniform noise nor separate clumps.
    """
    generator = np.random.default_rng(seed)
    count, dim = vectors.shape
    wanted = min(_NEIGHBOURS + 1, count)
    nearest = _nearest(vectors, wanted)
    for number in range(total):
        row = number % count
        if number < count:
            yield row, vectors[row]
            continue
        other = vectors[nearest[row, generator.integers(wanted)]]
        share = generator.uniform(0.5, 1.0)  # nearer to the row than to the other
        noise = generator.standard_normal(dim, dtype=np.float32)
        length = np.linalg.norm(noise)
        made = share * vectors[row] + (1 - share) * other + noise * (spread / length)
        yield row, (made / np.linalg.norm(made)).astype(np.float32)


def _nearest(vectors: NDArray[np.float32], wanted: int) -> NDArray[np.int64]:
    """(n, wanted): the nearest rows to each, best first; by blocks, as n^2 numbers may be many."""
    found = []
    for start in range(0, len(vectors), _BLOCK):
        scores = vectors[start : start + _BLOCK] @ vectors.T
        best = np.argpartition(-scores, wanted - 1, axis=1)[:, :wanted]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        found.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(found)


def photo_of_bytes(size: int, *, seed: int = 0) -> bytes:
    """A JPEG of about `size` bytes, 4:3, with detail at all scales as photographs have it."""
    generator = np.random.default_rng(seed)
    width, height = 2400, 1800
    canvas = np.zeros((height, width, 3), dtype=np.float32)
    for cells in (4, 16, 64, 256, 1024):
        grid = generator.random((cells * 3 // 4, cells, 3), dtype=np.float32)
        layer = Image.fromarray((grid * 255).astype(np.uint8)).resize((width, height))
        canvas += (np.asarray(layer, dtype=np.float32) - 128) / np.sqrt(cells / 4)
    picture = Image.fromarray(np.clip(canvas + 128, 0, 255).astype(np.uint8))
    return min(
        (_jpeg(picture, quality) for quality in range(50, 98, 3)),
        key=lambda data: abs(len(data) - size),
    )


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
