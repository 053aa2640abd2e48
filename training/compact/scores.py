"""Held-out scores: does a text find its images? Precision and recall at 10, by plain NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]
"""Texts -> float32 (n, dim) unit rows."""
TOP = 10


@dataclass(frozen=True)
class Gallery:
    """Images to find and the queries that ask for them.

    `titles` and `kinds` are one text an image: a title is meant for one image (recall), a kind for
    all images that share it (precision). Either may be empty: not measured.
    """

    name: str
    images: Vectors
    titles: Sequence[str]
    kinds: Sequence[str]


def score(gallery: Gallery, encode: Encode, dim: int) -> dict[str, float]:
    """Scores by name, 0 to 1, with vectors cut to their first `dim` dimensions."""
    answer = {}
    if gallery.titles:
        answer[f"{gallery.name} title R@10"] = recall(gallery.images, gallery.titles, encode, dim)
    if gallery.kinds:
        answer[f"{gallery.name} kind P@10"] = precision(gallery.images, gallery.kinds, encode, dim)
        answer[f"{gallery.name} look P@10"] = look_alikes(gallery.images, gallery.kinds, dim)
    return answer


def recall(images: Vectors, titles: Sequence[str], encode: Encode, dim: int) -> float:
    """Share of titles that have an image of that title among their ten nearest."""
    queries = list(dict.fromkeys(titles))
    top = nearest(encode(queries), images, dim)
    found = [any(titles[i] == query for i in row) for query, row in zip(queries, top, strict=True)]
    return float(np.mean(found))


def precision(images: Vectors, kinds: Sequence[str], encode: Encode, dim: int) -> float:
    """Mean share of relevant images in the top ten, over kinds of at least five images.

    A kind of fewer than ten images is measured on as many places as it has images.
    """
    counts = Counter(kinds)
    queries = [kind for kind, count in counts.items() if count >= 5]
    top = nearest(encode(queries), images, dim)
    shares = []
    for query, row in zip(queries, top, strict=True):
        places = row[: min(TOP, counts[query])]
        shares.append(np.mean([kinds[i] == query for i in places]))
    return float(np.mean(shares))


def look_alikes(images: Vectors, kinds: Sequence[str], dim: int) -> float:
    """Mean share of an image's ten nearest others that are of its kind, over all images."""
    top = nearest(images, images, dim, TOP + 1)
    shares = []
    for asked, row in enumerate(top):
        others = [i for i in row if i != asked][:TOP]
        shares.append(np.mean([kinds[i] == kinds[asked] for i in others]))
    return float(np.mean(shares))


def nearest(queries: Vectors, images: Vectors, dim: int, top: int = TOP) -> NDArray[np.intp]:
    """int (n, top): rows of `images` by falling cosine of the first `dim` dimensions."""
    order: NDArray[np.intp] = np.argsort(-cosines(queries, images, dim), axis=1)[:, :top]
    return order


def cosines(left: Vectors, right: Vectors, dim: int) -> Vectors:
    """float32 (n, m), of the first `dim` dimensions."""
    answer: Vectors = _cut(left, dim) @ _cut(right, dim).T
    return answer


def _cut(rows: Vectors, dim: int) -> Vectors:
    short = rows[:, :dim]
    unit: Vectors = short / np.linalg.norm(short, axis=1, keepdims=True)
    return unit
