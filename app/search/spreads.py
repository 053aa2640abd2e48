"""How far apart items lie in the eyes of a query: what parts of different kinds are weighed by.

Cosines of images to images are larger, and lie wider apart, than cosines of texts to images. In a
plain sum of an image and a text the image therefore decides alone. What ranks items is how much a
part's cosines differ between them, so each kind is divided by the standard deviation of its cosines
over a sample of the collection: standard scores, as they are summed in score fusion.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from app.collection import OpenCollection
from encoders.encoder import Vectors
from qdrant.store import JOINT

_SAMPLE = 256
_LEAST = 16
"""Items: from fewer, spreads can't be told."""
_MOST = 4.0
"""Largest factor: a part that sees no difference between items gets no louder than that."""


@dataclass(frozen=True)
class Samples:
    """A sample of the vectors of each open collection, drawn once: the first points in the store's
    own order, which is that of hashes of their ids."""

    _known: WeakKeyDictionary[OpenCollection, Mapping[str, Vectors]] = field(
        default_factory=WeakKeyDictionary
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, opened: OpenCollection, name: str = JOINT) -> Vectors:
        """float32 (n, dim) of the dense vectors `name`, n at most 256, unit rows.

        Raises StoreError.
        """
        with self._lock:
            known = self._known.get(opened)
        if known is not None:
            return known[name]
        drawn = opened.remember("sample", lambda: _drawn(opened))
        if len(drawn[name]) == _SAMPLE:  # a collection that is still small may grow
            with self._lock:
                self._known[opened] = drawn
        return drawn[name]


def factors(kinds: Sequence[str], vectors: Vectors, sample: Vectors) -> Mapping[str, float]:
    """What to multiply the weights of each kind of part by, 1 to 4, to the tenth: 1 for the kind
    whose cosines lie widest apart.

    Args:
        kinds: of each part, such as 'text'.
        vectors: of each part, float32 (n, dim), unit rows.
        sample: of the collection, float32 (m, dim), unit rows.
    """
    found = dict.fromkeys(kinds, 1.0)
    if len(found) < 2 or len(sample) < _LEAST:
        return found
    own = np.std(vectors.astype(np.float64) @ sample.T, axis=1)
    rows = np.asarray(kinds)
    spreads = {kind: float(np.sqrt(np.mean(own[rows == kind] ** 2))) for kind in found}
    widest = max(spreads.values())
    for kind, spread in spreads.items():
        factor = widest / spread if spread * _MOST > widest else _MOST
        found[kind] = round(factor, 1)
    return found


def _drawn(opened: OpenCollection) -> Mapping[str, Vectors]:
    points, _ = opened.generation.scroll(filter=opened.visible(None), limit=_SAMPLE)
    found = opened.generation.retrieve([point.id for point in points], with_vectors=True)
    return {
        name: np.stack([point.vectors[name] for point in found])
        if found
        else np.empty((0, dim), dtype=np.float32)
        for name, dim in opened.config.vectors.items()
    }
