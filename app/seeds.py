"""Real embeddings for benchmarks: from collections that are there, or from a source."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from app.loading import BulkLoad, load_collection
from app.settings import Settings
from app.wiring import Wiring, build
from core.errors import InvalidRequest
from encoders.encoder import Encoder, Vectors
from eval.bench.made_vectors import Seed
from ingestion.indexing import check_encoder
from qdrant.store import JOINT, Point

QUERIES = 400
"""At most so many images are held out as queries, and as many texts."""
_SHARE = 5
_COLLECTION = "seed"


def seed_of(settings: Settings, collections: Sequence[str], source: str) -> Seed:
    """Vectors of collections in the data directory or, where none are named, of a source that is
    loaded into a passing directory.

    Every fifth image, at most QUERIES evenly spread, is held out; it is a query, and so is its
    title. Raises InvalidRequest where there is no title.
    """
    if collections:
        with closing(build(settings)) as wiring:
            return _seed(_points(wiring, collections), wiring.encoder(), " + ".join(collections))
    with tempfile.TemporaryDirectory(prefix="binocle-bench-") as folder:
        inside = settings.model_copy(update={"data": Path(folder), "store": "embedded"})
        with closing(build(inside)) as wiring:
            load_collection(wiring, BulkLoad(_COLLECTION, source))
            return _seed(_points(wiring, [_COLLECTION]), wiring.encoder(), Path(source).name)


def _points(wiring: Wiring, collections: Sequence[str]) -> Iterator[Point]:
    for name in collections:
        with closing(wiring.store.open(name)) as generation:
            check_encoder(generation, wiring.encoder())
            yield from generation.retrieve(sorted(generation.ids()), with_vectors=True)


def _seed(points: Iterator[Point], encoder: Encoder, source: str) -> Seed:
    vectors: list[Vectors] = []
    titles: list[str] = []
    for point in points:
        vectors.append(point.vectors[JOINT])
        titles.append(str(point.payload.get("title") or ""))
    if not any(titles):
        raise InvalidRequest(
            f"No image of {source} has a title, so that there are no texts to ask with.",
            hint="Name a catalog with titles, or a folder whose files have telling names.",
        )
    step = max(_SHARE, len(vectors) // QUERIES)
    held = np.arange(len(vectors)) % step == 0
    asked = list(dict.fromkeys(titles[row] for row in np.flatnonzero(held) if titles[row]))
    stacked = np.stack(vectors)
    return Seed(source, stacked[~held], stacked[held], encoder.encode_texts(asked))
