"""A sample of a collection and of what people ask of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from app.reembedding.base import Base
from app.reembedding.run import answering
from app.wiring import Wiring
from core.interactions import Asked
from encoders.encoder import Encoder, Vectors
from eval.drift.baseline import MOST, Sample
from qdrant.store import JOINT


def sample(wiring: Wiring, collection: str, asked: Iterable[Asked], *, seed: int = 0) -> Sample:
    """Items of the collection, and the searches given.

    Items are the first by the hashes of their ids, so that two samples share what did not change;
    texts are drawn from all searches, as often as they were asked.

    Raises CollectionNotFound, CollectionBusy and EncoderMismatch.
    """
    kinds: Counter[str] = Counter()
    texts: list[str] = []
    for one in asked:
        kinds[one.kind] += 1
        if one.kind == "text" and one.text:
            texts.append(one.text)
    drawn = np.random.default_rng(seed).permutation(len(texts))[:MOST]
    with answering(wiring, collection) as base:
        config = base.config
        encoder = wiring.encoder_of(collection, config)
        items, generation = _items(base), base.name
    return Sample(
        collection=collection,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        generation=generation,
        encoder=config.fingerprint,
        items=items,
        queries=_encoded(encoder, [texts[place] for place in drawn.tolist()]),
        kinds=dict(kinds),
    )


def _items(base: Base) -> Vectors:
    rows: list[Vectors] = []
    for page in base.pages(vectors=True):
        rows += [point.vectors[JOINT] for point in page]
        if len(rows) >= MOST:
            break
    dim = base.config.vectors[JOINT]
    return np.stack(rows[:MOST]).astype(np.float32) if rows else np.zeros((0, dim), np.float32)


def _encoded(encoder: Encoder, texts: list[str]) -> Vectors:
    """Each text once through the tower."""
    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return np.zeros((0, encoder.dim), np.float32)
    place = {text: at for at, text in enumerate(distinct)}
    return np.asarray(encoder.encode_texts(distinct)[[place[text] for text in texts]])
