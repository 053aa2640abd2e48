"""Answering a request as experiments have arranged it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.experiments.arranging import Arranged, Drawn, Way
from app.search.cursor import Position, decode_cursor, encode_cursor
from app.search.pipeline import Searcher
from app.search.present import Answer, Hit, public_payload, thumbnail_url
from app.search.query import SearchRequest
from app.search.rerank.ranking import Ranking
from core.errors import GenerationNotFound, InvalidCursor, InvalidQuery, ItemNotFound
from eval.experiments.interleaving import coins, team_draft
from qdrant.store import Point


@dataclass(frozen=True)
class Answered:
    """The answer, and what `core.interactions.Asked` keeps of how it came about."""

    answer: Answer
    variants: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


def answer(searcher: Searcher, collection: str, arranged: Arranged) -> Answered:
    """Raises as `Searcher.search`.

    What a variant can't do for this request alone is done as if there were no experiment, and
    counts for no variant: the next page of a search that began before it did, and items that the
    variant's generation does not have.
    """
    if not arranged.variants:
        return Answered(searcher.search(collection, arranged.plain))
    try:
        if arranged.drawn is not None:
            return _drawn(searcher, collection, arranged, arranged.drawn)
        return Answered(_by(searcher, collection, arranged.ways[0]), arranged.variants)
    except InvalidCursor:
        if arranged.plain.cursor is None:
            raise
    except (ItemNotFound, GenerationNotFound):
        if all(way.generation is None for way in arranged.ways):
            raise
    return Answered(searcher.search(collection, arranged.plain))


def _by(searcher: Searcher, collection: str, way: Way) -> Answer:
    if way.generation is None:
        return searcher.search(collection, way.request, ranking=way.ranking)
    ranking = way.ranking or _without_calibration(searcher, collection, way.generation)
    found = searcher.search(collection, way.request, ranking=ranking, generation=way.generation)
    return _current(searcher, collection, found, way.request)


def _without_calibration(searcher: Searcher, collection: str, generation: str) -> Ranking:
    """The collection's ranking, without what was fitted to vectors of another encoder."""
    ranking = searcher.rankings.of(collection)
    catalog = searcher.catalog
    with catalog.lease(collection) as here, catalog.beside.lease(collection, generation) as there:
        if here.config.fingerprint == there.config.fingerprint:
            return ranking
    return ranking.model_copy(update={"calibration": {}})


def _current(searcher: Searcher, collection: str, found: Answer, request: SearchRequest) -> Answer:
    """The answer with the items as they are published: nothing is written to a generation beside,
    so what was deleted or hidden since it was built is there as it was."""
    with searcher.catalog.lease(collection) as opened:
        points = opened.generation.retrieve([hit.id for hit in found.hits])
        viewer, schema = request.viewer, opened.schema
        shown = {point.id: point for point in points if viewer.may_see(point.payload, schema)}
    hits = [_renewed(collection, hit, shown[hit.id]) for hit in found.hits if hit.id in shown]
    return replace(found, hits=hits)


def _renewed(collection: str, hit: Hit, point: Point) -> Hit:
    return replace(
        hit,
        title=str(point.payload.get("title", "")),
        payload=public_payload(point.payload),
        thumbnail=thumbnail_url(collection, point.id, point.payload),
    )


def _drawn(searcher: Searcher, collection: str, arranged: Arranged, drawn: Drawn) -> Answered:
    """A page of one list that two rankings take turns in.

    Both are asked for all up to the page's end, so that it goes as deep as one page may be large.
    """
    request = arranged.plain
    if request.limit > searcher.max_limit:
        raise InvalidQuery(
            f"limit is {request.limit}; at most {searcher.max_limit} are allowed.", field="limit"
        )
    digest, mark = request.digest(collection), f"~{drawn.experiment}"
    offset = 0
    if request.cursor is not None:
        offset = decode_cursor(request.cursor, digest=digest, generation=mark).offset
    depth = min(offset + request.limit, searcher.max_limit)
    first, second = (
        _by(searcher, collection, replace(way, request=wanted))
        for way, wanted in zip(arranged.ways, _deep(arranged, depth), strict=True)
    )
    drafted = team_draft(
        (drawn.names[0], [hit.id for hit in first.hits]),
        (drawn.names[1], [hit.id for hit in second.hits]),
        2 * depth,
        coins(drawn.salt, drawn.unit, digest),
    )
    ids = drafted.ids[offset:depth]
    hits = {hit.id: hit for hit in (*second.hits, *first.hits)}
    more = len(drafted.ids) > depth or first.cursor is not None or second.cursor is not None
    cursor = None
    if more and depth < searcher.max_limit:
        cursor = encode_cursor(Position(offset=depth), digest=digest, generation=mark)
    page = replace(
        first,
        hits=[hits[each] for each in ids],
        cursor=cursor,
        timings_ms=dict(Counter(first.timings_ms) + Counter(second.timings_ms)),
        no_match=first.no_match and second.no_match,
    )
    sources = {each: drafted.sources[each] for each in ids if each in drafted.sources}
    return Answered(page, arranged.variants, sources)


def _deep(arranged: Arranged, depth: int) -> tuple[SearchRequest, SearchRequest]:
    """The requests of both ways up to a depth; counts are asked for once."""
    one, other = (replace(way.request, cursor=None, limit=depth) for way in arranged.ways)
    return one, replace(other, facets=(), histograms={})
