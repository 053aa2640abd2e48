"""Many searches in one call: their texts go through the tower together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.collection import OpenCollection
from app.search.language.understanding import understand
from app.search.pipeline import Searcher
from app.search.present import Answer
from app.search.query import SearchRequest, TextPart
from core.errors import BinocleError, EncoderError, EncoderMismatch, InvalidQuery, StoreError
from encoders.encoder import Encoder, Vectors
from qdrant.store import CollectionConfig

_TEXTS = 32
"""In one run of the text tower."""
_OURS = (StoreError, EncoderError, EncoderMismatch)
"""Failures that no query is to blame for: they end the call."""


@dataclass(frozen=True)
class EncodedAhead:
    """An encoder that has encoded some texts already. Rows do not depend on their batch mates, so
    nobody can tell the difference."""

    encoder: Encoder
    texts: Mapping[str, NDArray[np.float32]]

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def dim(self) -> int:
        return self.encoder.dim

    @property
    def fingerprint(self) -> str:
        return self.encoder.fingerprint

    @property
    def image_size(self) -> int:
        return self.encoder.image_size

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        if all(text in self.texts for text in texts):
            return np.stack([self.texts[text] for text in texts])
        return self.encoder.encode_texts(texts)

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        return self.encoder.encode_images(images)

    def relevance(self, cosine: float, query: str) -> float | None:
        return self.encoder.relevance(cosine, query)


def search_batch(
    searcher: Searcher, collection: str, requests: Sequence[SearchRequest]
) -> list[Answer | BinocleError]:
    """For each request its answer, or what is wrong with it.

    Raises CollectionNotFound, StoreError, EncoderError and EncoderMismatch, which are no query's
    own.
    """
    with searcher.catalog.lease(collection) as opened:
        texts = _texts(searcher, opened, requests)
        if len(texts) > 1:
            own = searcher.encoder
            encoder = own(collection, opened.config)
            ahead = EncodedAhead(encoder, _encoded(encoder, texts))

            def chosen(name: str, config: CollectionConfig) -> Encoder:
                # A generation of another encoder may take over between two of the searches.
                return ahead if config.fingerprint == ahead.fingerprint else own(name, config)

            searcher = replace(searcher, encoder=chosen)
        return [_answer(searcher, collection, request) for request in requests]


def _answer(searcher: Searcher, collection: str, request: SearchRequest) -> Answer | BinocleError:
    try:
        return searcher.search(collection, request)
    except _OURS:
        raise
    except BinocleError as error:
        return error


def _texts(
    searcher: Searcher, opened: OpenCollection, requests: Sequence[SearchRequest]
) -> list[str]:
    """The texts that will be encoded, each once."""
    found: dict[str, None] = {}
    for request in requests:
        try:
            read, _ = understand(request, opened.schema, lambda: searcher.vocabularies.of(opened))
        except InvalidQuery:
            continue  # its own search will tell
        found.update((part.text, None) for part in read.parts if isinstance(part, TextPart))
    return list(found)


def _encoded(encoder: Encoder, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    rows: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(texts), _TEXTS):
        batch = texts[start : start + _TEXTS]
        rows.update(zip(batch, encoder.encode_texts(batch), strict=True))
    return rows
