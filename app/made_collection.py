"""A large collection out of a small one: real items first, then made ones between them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice

import numpy as np

from app.bulk_load import BulkLoad
from app.loading import load_collection
from app.settings import Settings
from app.wiring import build
from eval.bench.synthetic import multiply
from qdrant.store import JOINT, Point

_SEED = "seed"
_BATCH = 1_000
_OWN = ("_sha256", "_phash", "duplicate_group", "product_id")
"""What makes an item one with others: made ones would be near-duplicates of each other."""


def make_collection(settings: Settings, source: str, items: int, *, name: str, drawn: str) -> bool:
    """Loads a source, and multiplies its vectors, words and payloads to `items` in a collection.

    Where the data directory holds it already, as large and by the same encoder, it stays.

    Args:
        name: of the collection.
        drawn: a number field that gets values drawn from 0 to 1, to filter by shares of the items.

    Returns whether it was made now.
    """
    with closing(build(settings)) as wiring:
        if name in wiring.store.collections():
            there = wiring.store.info(name)
            if there.count == items and there.config.fingerprint == wiring.encoder().fingerprint:
                return False
            wiring.store.drop(name)
        if _SEED not in wiring.store.collections():
            load_collection(wiring, BulkLoad(_SEED, source))
        with closing(wiring.store.open(_SEED)) as seed:
            real = seed.retrieve(list(seed.ids()), with_vectors=True)
        with closing(wiring.store.create(name, seed.config, building=True)) as generation:
            points = _made(real, items, drawn)
            while batch := list(islice(points, _BATCH)):
                generation.upsert(batch)
            generation.compact()
            wiring.store.publish(name, generation.name)
    return True


def _made(real: Sequence[Point], items: int, drawn: str) -> Iterator[Point]:
    draw = random.Random(0)
    vectors = np.stack([point.vectors[JOINT] for point in real])
    for number, (row, vector) in enumerate(multiply(vectors, items)):
        like = real[row]
        shared = {key: value for key, value in like.payload.items() if key not in _OWN}
        yield replace(
            like,
            id=f"{number}-{like.id}"[:500],
            vectors={**like.vectors, JOINT: vector},
            payload={**shared, drawn: draw.random()},
        )
