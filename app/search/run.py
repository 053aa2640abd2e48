"""One search on its way through the stages, each timed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.collection import OpenCollection
from app.search.aspects import Question
from app.search.candidates import Candidate
from app.search.compose import Composed, Composer
from app.search.cursor import Position, decode_cursor, encode_cursor
from app.search.facets import check_facets, facet, histograms
from app.search.fused import best_scores, retrieve
from app.search.language.understanding import Understood, understand
from app.search.matched import matched_terms
from app.search.present import Answer, Hit, explanation_of, hit_of
from app.search.presentation.placed import Placed
from app.search.presentation.windows import WindowPage
from app.search.query import IdPart, SearchRequest
from app.search.relevance import by_scores
from app.search.rerank.ranking import Ranking
from app.search.retrieve import Found, Wanted, browse, order_of
from app.search.shaped import Shaped, text_of
from app.search.stopwatch import Stopwatch
from app.search.weighing import asked_of
from core.errors import EncoderMismatch, InvalidQuery, StoreError
from core.filter_parser import parse_filter
from core.filters import Filter
from encoders.encoder import Encoder
from qdrant.store import COLOR, JOINT, Point

if TYPE_CHECKING:
    from app.search.pipeline import Searcher

log = logging.getLogger(__name__)


def _unknown(_: Candidate) -> float | None:
    return None


class SearchRun:
    """One request on its way through the stages."""

    def __init__(self, by: Searcher, opened: OpenCollection, request: SearchRequest) -> None:
        self._by = by
        self._opened = opened
        self._request = request
        self._watch = Stopwatch()
        self._digest = ""
        self._total: int | None = None
        self._facets: dict[str, list[dict[str, object]]] = {}
        self._histograms: dict[str, list[dict[str, float]]] = {}
        self._missing: list[str] = []
        self._plan: Mapping[str, object] = {}
        self._shaped: Shaped | None = None
        self._understood: tuple[Understood, ...] = ()
        self._looks: dict[str, NDArray[np.float32]] = {}

    def answer(self) -> Answer:
        opened, watch = self._opened, self._watch
        request = self._understand()
        wanted = parse_filter(request.filter, opened.schema)
        check_facets(request.facets, opened.schema)
        self._digest = request.digest(opened.name)  # after the filter, whose depth is bounded now
        start = self._start()
        with watch.stage("encode"):
            composed = self._compose() if request.parts else None
        page = self._page(composed, opened.visible(wanted, request.viewer), start)
        with watch.stage("count"), self._or_missing("total"):
            self._total = opened.count(wanted, request.viewer)
        with watch.stage("facets"), self._or_missing("facets"):
            viewer = request.viewer
            self._facets = {name: facet(opened, name, wanted, viewer) for name in request.facets}
        if request.histograms:
            with watch.stage("histograms"), self._or_missing("histograms"):
                viewer = request.viewer
                self._histograms = histograms(opened, request.histograms, wanted, viewer)
        hits = self._hits(composed, page.placed)
        below = self._below(composed) if not hits and start is None else []
        explanation = self._explanation(composed) if request.explain else None
        return Answer(
            collection=opened.name,
            generation=opened.generation_name,
            hits=hits,
            total=self._total,
            cursor=self._cursor(page.after),
            facets=self._facets,
            histograms=self._histograms,
            timings_ms=watch.read(),
            explanation=explanation,
            understood=tuple(one.as_json() for one in self._understood),
            missing=tuple(self._missing) if request.partial else None,
            no_match=composed is not None and not hits and start is None,
            nearest_below=tuple(below),
            encoder=opened.config.fingerprint,
        )

    def _below(self, composed: Composed | None) -> list[Hit]:
        """The nearest of what was cut off, where that is wanted."""
        if self._shaped is None or not self._shaped.shape.nearest_below:
            return []
        return self._hits(composed, self._shaped.below[: self._request.limit])

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
            encoder=self._encoder,
            stored=self._stored,
            fetch=self._by.fetch,
            dim=self._opened.config.vectors[JOINT],
            max_pixels=self._by.max_pixels,
            picture=self._picture,
            sample=lambda: self._by.samples.of(self._opened),
            looks=COLOR in self._opened.config.vectors,
            stored_looks=self._stored_looks,
            templates=self._by.rankings.of(self._opened.name).templates,
        )
        return composer.compose(self._request.parts)

    def _page(
        self, composed: Composed | None, filter: Filter | None, start: Position | None
    ) -> WindowPage:
        request, opened = self._request, self._opened
        if composed is None:
            return self._browsed(filter, start)
        if request.sort is not None:
            raise InvalidQuery(
                "Only a browse can be sorted by a field: a query ranks its hits itself.",
                hint="Leave sort out, or the query.",
                field="sort",
            )
        wanted = self._wanted(composed, filter)
        question = asked_of(opened, self._by.samples, composed, request)
        ranking, fallbacks = self._by.rankings.of(opened.name), list[dict[str, str]]()
        self._shaped = Shaped(
            opened,
            request,
            composed,
            ranking,
            self._by.shelf,
            self._watch,
            self._relevance(composed.kind, ranking, fallbacks),
            partial(best_scores, opened.generation, wanted, question),
            plain=question.joint_alone,
            fallbacks=fallbacks,
        )
        return self._shaped.page(partial(self._retrieve, wanted, question), filter, start)

    def _wanted(self, composed: Composed, filter: Filter | None) -> Wanted:
        asked = {part.id for part in self._request.parts if isinstance(part, IdPart)}
        return Wanted(composed.vector, filter, without=frozenset(asked))

    def _browsed(self, filter: Filter | None, start: Position | None) -> WindowPage:
        wish = self._request.shaping.needs_query
        if wish is not None:
            raise InvalidQuery(f"{wish} needs a query to rank by; this is a browse.", field=wish)
        with self._watch.stage("retrieve"):
            request = self._request
            order = order_of(request.sort) if request.sort is not None else None
            browsed = browse(self._opened.generation, request.limit, filter, start, order)
        shown = [Placed(each) for each in browsed.candidates if self._may_see(each.payload)]
        return WindowPage(shown, browsed.after)

    def _retrieve(self, wanted: Wanted, question: Question, depth: int, payload: bool) -> Found:
        explain = self._request.explain
        with self._watch.stage("retrieve"):
            found = retrieve(
                self._opened.generation,
                wanted,
                question,
                depth,
                payload,
                explain=explain,
                with_vectors=self._shaped is not None and self._shaped.shape.diversity > 0,
            )
        self._plan = found.plan
        if self._shaped is not None:
            self._shaped.known.update(found.vectors)
        return found

    def _relevance(
        self, kind: str | None, ranking: Ranking, fallbacks: list[dict[str, str]]
    ) -> Callable[[Candidate], float | None]:
        """Calibrated relevance of candidates for a query of this kind."""
        curve, odd = ranking.curve(kind, self._opened.config.fingerprint)
        if odd is not None:
            fallbacks.append({"stage": "calibration", "reason": odd})
        if curve is not None:
            return by_scores(curve.probability)
        if kind is None:
            return _unknown
        try:
            encoder = self._encoder()
        except EncoderMismatch:
            return _unknown  # calibrated for vectors of its own only
        return by_scores(lambda cosine, _: encoder.relevance(cosine, kind))

    def _encoder(self) -> Encoder:
        """The one that made the vectors of what answers this request."""
        return self._by.encoder(self._opened.name, self._opened.config)

    def _hits(self, composed: Composed | None, placed: Sequence[Placed]) -> list[Hit]:
        ranked = composed is not None
        own = self._request.shaping.list_collapsed
        hits = [hit_of(self._opened.name, p, ranked=ranked, list_alike=own) for p in placed]
        if composed is None or not self._request.explain:
            return hits
        return self._explained(hits, composed, placed)

    def _explained(
        self, hits: list[Hit], composed: Composed, placed: Sequence[Placed]
    ) -> list[Hit]:
        """The hits with what made their places: of each part of the query its cosine, of each
        aspect its score and rank, and what the stages changed."""
        ids = [hit.id for hit in hits]
        points: list[Point] = []
        with self._or_missing("explanation"):
            points = self._opened.generation.retrieve(ids, with_vectors=True)
        cosines = {point.id: composed.parts @ point.vectors[JOINT] for point in points}
        text, schema = text_of(self._request), self._opened.schema
        explained = []
        for hit, each in zip(hits, placed, strict=True):
            if hit.id in cosines:
                matched = matched_terms(text, hit.payload, schema)
                told = explanation_of(each.candidate, cosines[hit.id], matched)
                hit = replace(hit, explanation=told)
            explained.append(hit)
        return explained

    def _explanation(self, composed: Composed | None) -> dict[str, object]:
        return {
            "compose": list(composed.explanation) if composed else [],
            "relevance_of": composed.kind if composed else None,
            "retrieve": self._plan,
            "shape": self._shaped.explanation() if self._shaped else {},
        }

    def _stored(self, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        points = self._opened.generation.retrieve(ids, with_vectors=True)
        seen = [point for point in points if self._may_see(point.payload)]
        self._looks = {each.id: each.vectors[COLOR] for each in seen if COLOR in each.vectors}
        return {point.id: point.vectors[JOINT] for point in seen}

    def _stored_looks(self, _: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        return self._looks  # read with the joint vectors

    def _picture(self, item_id: str) -> bytes | None:
        for point in self._opened.generation.retrieve([item_id]):
            if self._may_see(point.payload):
                return self._by.picture(self._opened.name, point.payload)
        return None

    def _may_see(self, payload: Mapping[str, Any]) -> bool:
        return self._request.viewer.may_see(payload, self._opened.schema)

    def candidates(self, depth: int) -> list[Candidate]:
        """The best candidates of retrieval, before anything re-orders them: what is learned from.

        Raises InvalidQuery where nothing is asked.
        """
        request = self._understand()
        if not request.parts:
            raise InvalidQuery("There is no query to find candidates for.", field="query")
        wanted = parse_filter(request.filter, self._opened.schema)
        visible = self._opened.visible(wanted, request.viewer)
        composed = self._compose()
        question = asked_of(self._opened, self._by.samples, composed, request)
        asked = self._wanted(composed, visible)
        found = retrieve(self._opened.generation, asked, question, depth, True)
        return found.candidates[:depth]

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
