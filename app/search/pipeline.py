"""The pipeline: understand -> compose -> retrieve -> rerank -> present, each stage timed.

parts and filter -> what is asked -> a query vector -> candidates -> their order -> a page
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.catalog import Catalog
from app.search.candidates import Candidate
from app.search.language.vocabulary import Vocabularies
from app.search.present import Answer
from app.search.query import SearchRequest
from app.search.rerank.ranking import Ranking
from app.search.rerank.rankings import OneRanking, Rankings
from app.search.rerank.shelf import StageShelf
from app.search.run import SearchRun
from app.search.spreads import Samples
from core.errors import InvalidQuery
from encoders.encoder import Encoder
from encoders.images import MAX_PIXELS
from qdrant.store import CollectionConfig


def _no_picture(_: str, __: Mapping[str, Any]) -> bytes | None:
    return None


@dataclass(frozen=True)
class Searcher:
    """Answers search requests. Safe to call from several threads.

    Args:
        catalog: the open collections.
        encoder: gives the encoder of a collection, by its name and config; asked only where there
            is something to encode. Raises EncoderMismatch where there is none.
        fetch: the bytes of the image at a URL.
        max_pixels: largest image to decode.
        max_limit: most hits on one page.
        picture: the stored image file of an item of a collection, by its payload; None for none.
        rankings: how collections rank.
    """

    catalog: Catalog
    encoder: Callable[[str, CollectionConfig], Encoder]
    fetch: Callable[[str], bytes]
    max_pixels: int = MAX_PIXELS
    max_limit: int = 200
    picture: Callable[[str, Mapping[str, Any]], bytes | None] = _no_picture
    rankings: Rankings = field(default_factory=Rankings)
    shelf: StageShelf = field(default_factory=StageShelf)
    vocabularies: Vocabularies = field(default_factory=Vocabularies)
    samples: Samples = field(default_factory=Samples)

    def search(
        self,
        collection: str,
        request: SearchRequest,
        *,
        ranking: Ranking | None = None,
        generation: str | None = None,
    ) -> Answer:
        """One page of the answer.

        Args:
            ranking: in the place of the collection's.
            generation: one that is open beside the published one, to answer from.

        Raises CollectionNotFound, InvalidQuery, InvalidFilter, InvalidCursor, ItemNotFound,
        ImageError, EncoderMismatch, StoreError, and GenerationNotFound where it is not open.
        """
        if request.limit > self.max_limit:
            raise InvalidQuery(
                f"limit is {request.limit}; at most {self.max_limit} are allowed.", field="limit"
            )
        if generation is None:
            lease = self.catalog.lease(collection)
        else:
            lease = self.catalog.beside.lease(collection, generation)
        with lease as opened:
            by = self if ranking is None else replace(self, rankings=OneRanking(ranking))
            return SearchRun(by, opened, request).answer()

    def candidates(self, collection: str, request: SearchRequest, depth: int) -> list[Candidate]:
        """The best candidates of retrieval alone, as `search` would re-rank them. Raises as it."""
        with self.catalog.lease(collection) as opened:
            return SearchRun(self, opened, request).candidates(depth)
