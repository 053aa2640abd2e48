"""The pipeline: understand -> compose -> retrieve -> rerank -> present, each stage timed.

parts and filter -> what is asked -> a query vector -> candidates -> their order -> a page
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.catalog import Catalog
from app.collection import OpenCollection
from app.search.compose import Composed, Composer
from app.search.cursor import Position, decode_cursor, encode_cursor
from app.search.language.understanding import Understood, understand
from app.search.language.vocabulary import Vocabularies
from app.search.present import Answer, Hit, hit_of
from app.search.presentation.paging import Page, page_by_score
from app.search.query import IdPart, SearchRequest
from app.search.retrieve import Found, Wanted, browse, find
from app.search.spreads import Samples
from app.search.stopwatch import Stopwatch
from core.errors import EncoderMismatch, InvalidQuery, StoreError
from core.fields import FieldType
from core.filter_parser import parse_filter
from core.filters import Filter
from encoders.encoder import Encoder
from encoders.images import MAX_PIXELS
from qdrant.store import JOINT, Point

log = logging.getLogger(__name__)

_FACET_TYPES = (FieldType.KEYWORD, FieldType.INTEGER, FieldType.BOOL)
_FACET_VALUES = 100
_MAX_FACETS = 20


def _no_picture(_: str, __: Mapping[str, Any]) -> bytes | None:
    return None


@dataclass(frozen=True)
class Searcher:
    """Answers search requests. Safe to call from several threads.

    Args:
        catalog: the open collections.
        encoder: gives the encoder; asked only where there is something to encode.
        fetch: the bytes of the image at a URL.
        max_pixels: largest image to decode.
        max_limit: most hits on one page.
        picture: the stored image file of an item of a collection, by its payload; None for none.
    """

    catalog: Catalog
    encoder: Callable[[], Encoder]
    fetch: Callable[[str], bytes]
    max_pixels: int = MAX_PIXELS
    max_limit: int = 200
    picture: Callable[[str, Mapping[str, Any]], bytes | None] = _no_picture
    vocabularies: Vocabularies = field(default_factory=Vocabularies)
    samples: Samples = field(default_factory=Samples)

    def search(self, collection: str, request: SearchRequest) -> Answer:
        """One page of the answer.

        Raises CollectionNotFound, InvalidQuery, InvalidFilter, InvalidCursor, ItemNotFound,
        ImageError, EncoderMismatch and StoreError.
        """
        if request.limit > self.max_limit:
            raise InvalidQuery(
                f"limit is {request.limit}; at most {self.max_limit} are allowed.", field="limit"
            )
        with self.catalog.lease(collection) as opened:
            return _Search(self, opened, request).answer()


def matching(encoder: Encoder, opened: OpenCollection) -> Encoder:
    """`encoder`, if the collection's vectors are its own. Raises EncoderMismatch otherwise."""
    if encoder.fingerprint != opened.config.fingerprint:
        raise EncoderMismatch(
            f"Collection '{opened.name}' was built with the encoder '{opened.config.encoder}' "
            f"({opened.config.fingerprint}); this is '{encoder.name}' ({encoder.fingerprint}).",
            hint="Run with the collection's encoder, or load the collection again with this one.",
        )
    return encoder


class _Search:
    """One request on its way through the stages."""

    def __init__(self, by: Searcher, opened: OpenCollection, request: SearchRequest) -> None:
        self._by = by
        self._opened = opened
        self._request = request
        self._watch = Stopwatch()
        self._digest = ""
        self._total: int | None = None
        self._facets: dict[str, list[dict[str, object]]] = {}
        self._missing: list[str] = []
        self._plan: Mapping[str, object] = {}
        self._understood: tuple[Understood, ...] = ()

    def answer(self) -> Answer:
        opened, watch = self._opened, self._watch
        request = self._understand()
        wanted = parse_filter(request.filter, opened.schema)
        self._check_facets()
        self._digest = request.digest(opened.name)  # after the filter, whose depth is bounded now
        start = self._start()
        with watch.stage("encode"):
            composed = self._compose() if request.parts else None
        page = self._page(composed, opened.visible(wanted, request.viewer), start)
        with watch.stage("count"), self._or_missing("total"):
            self._total = opened.count(wanted, request.viewer)
        with watch.stage("facets"), self._or_missing("facets"):
            self._facets = {name: self._facet(name, wanted) for name in request.facets}
        hits = self._present(composed, page)
        explanation = self._explanation(composed) if request.explain else None
        return Answer(
            collection=opened.name,
            generation=opened.generation_name,
            hits=hits,
            total=self._total,
            cursor=self._cursor(page.after),
            facets=self._facets,
            timings_ms=watch.read(),
            explanation=explanation,
            understood=tuple(one.as_json() for one in self._understood),
            missing=tuple(self._missing) if request.partial else None,
        )

    @contextmanager
    def _or_missing(self, part: str) -> Iterator[None]:
        """Note `part` as missing where the store fails and a partial answer will do."""
        try:
            yield
        except StoreError as error:
            if not self._request.partial:
                raise
            log.warning("An answer from '%s' lacks its %s: %s", self._opened.name, part, error)
            self._missing.append(part)

    def _understand(self) -> SearchRequest:
        """The request as its texts are understood, from here on the one to answer."""
        if self._request.understand:
            with self._watch.stage("understand"):
                self._request, self._understood = understand(
                    self._request,
                    self._opened.schema,
                    lambda: self._by.vocabularies.of(self._opened),
                )
        return self._request

    def _compose(self) -> Composed:
        composer = Composer(
            encoder=lambda: matching(self._by.encoder(), self._opened),
            stored=self._stored,
            fetch=self._by.fetch,
            dim=self._opened.config.vectors[JOINT],
            max_pixels=self._by.max_pixels,
            picture=self._picture,
            sample=lambda: self._by.samples.of(self._opened),
        )
        return composer.compose(self._request.parts)

    def _page(
        self, composed: Composed | None, filter: Filter | None, start: Position | None
    ) -> Page:
        generation, limit = self._opened.generation, self._request.limit
        if composed is None:
            with self._watch.stage("retrieve"):
                browsed = browse(generation, limit, filter, start)
            return Page(browsed.candidates, browsed.after)
        asked = {part.id for part in self._request.parts if isinstance(part, IdPart)}
        wanted = Wanted(composed.vector, filter, without=frozenset(asked))
        return page_by_score(
            lambda depth, with_payload: self._retrieve(wanted, depth, with_payload),
            generation,
            limit,
            start,
        )

    def _retrieve(self, wanted: Wanted, depth: int, with_payload: bool) -> Found:
        with self._watch.stage("retrieve"):
            found = find(self._opened.generation, wanted, depth, with_payload=with_payload)
        self._plan = found.plan
        return found

    def _present(self, composed: Composed | None, page: Page) -> list[Hit]:
        kind = composed.kind if composed else None
        encoder = self._by.encoder() if kind else None
        if encoder is not None and encoder.fingerprint != self._opened.config.fingerprint:
            encoder = None  # calibrated for vectors of its own only

        def relevance(cosine: float) -> float | None:
            return encoder.relevance(cosine, kind) if encoder and kind else None

        # Hidden items are filtered inside the engine; looking again costs nothing and also
        # covers an item made private while this search ran.
        shown = [found for found in page.candidates if self._may_see(found.payload)]
        ranked = composed is not None
        hits = [hit_of(self._opened.name, c, ranked=ranked, relevance=relevance) for c in shown]
        if composed is None or not self._request.explain:
            return hits
        return self._explained(hits, composed)

    def _explained(self, hits: list[Hit], composed: Composed) -> list[Hit]:
        """The hits with the cosine of each part of the query to each of them."""
        ids = [hit.id for hit in hits]
        points: list[Point] = []
        with self._or_missing("explanation"):
            points = self._opened.generation.retrieve(ids, with_vectors=True)
        cosines = {point.id: composed.parts @ point.vectors[JOINT] for point in points}
        return [
            replace(hit, explanation={"parts": [round(float(c), 6) for c in cosines[hit.id]]})
            if hit.id in cosines
            else hit
            for hit in hits
        ]

    def _explanation(self, composed: Composed | None) -> dict[str, object]:
        return {
            "compose": list(composed.explanation) if composed else [],
            "relevance_of": composed.kind if composed else None,
            "retrieve": self._plan,
        }

    def _stored(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        points = self._opened.generation.retrieve(ids, with_vectors=True)
        return {point.id: point.vectors[JOINT] for point in points if self._may_see(point.payload)}

    def _picture(self, item_id: str) -> bytes | None:
        for point in self._opened.generation.retrieve([item_id]):
            if self._may_see(point.payload):
                return self._by.picture(self._opened.name, point.payload)
        return None

    def _may_see(self, payload: Mapping[str, Any]) -> bool:
        return self._request.viewer.may_see(payload, self._opened.schema)

    def _check_facets(self) -> None:
        fields = self._opened.schema.fields
        if len(self._request.facets) > _MAX_FACETS:
            raise InvalidQuery(f"At most {_MAX_FACETS} facets are allowed.", field="facets")
        for name in self._request.facets:
            if fields.get(name) not in _FACET_TYPES:
                able = sorted(field for field, kind in fields.items() if kind in _FACET_TYPES)
                raise InvalidQuery(
                    f"There are no facets of '{name}'.",
                    hint=f"Fields with facets: {', '.join(able)}.",
                    field="facets",
                )

    def _facet(self, name: str, filter: Filter | None) -> list[dict[str, object]]:
        counted = self._opened.facet(name, filter, _FACET_VALUES, self._request.viewer)
        return [{"value": value, "count": count} for value, count in counted]

    def _start(self) -> Position | None:
        if self._request.cursor is None:
            return None
        return decode_cursor(
            self._request.cursor, digest=self._digest, generation=self._opened.generation_name
        )

    def _cursor(self, after: Position | None) -> str | None:
        if after is None:
            return None
        return encode_cursor(after, digest=self._digest, generation=self._opened.generation_name)
