"""One generation in memory, compared point by point."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import ItemNotFound, StoreUnavailable
from core.fields import FieldType
from core.filters import Filter, both
from core.schema_change import extended
from qdrant.checks import (
    check_facet,
    check_order,
    checked_payload,
    checked_points,
    checked_query,
    checked_vector,
    point_uuid,
    scroll_start,
)
from qdrant.fusion import FusedByParts, fuse, ranked, scores
from qdrant.matching import field_values, matches
from qdrant.ordering import sort_value
from qdrant.queries import JOINT, AnyVector, HybridQuery, Order, VectorQuery
from qdrant.store import CollectionConfig, Point, ScoredPoint


@dataclass
class Content:
    """What a generation holds, and who has it open."""

    config: CollectionConfig
    points: dict[str, Point] = field(default_factory=dict)
    handles: list[ExactGeneration] = field(default_factory=list)

    def close_all(self) -> None:
        for handle in list(self.handles):
            handle.close()


class ExactGeneration(FusedByParts):
    """A handle on a generation in memory; see qdrant.store.Generation. Made by ExactStore."""

    def __init__(self, collection: str, name: str, content: Content) -> None:
        self._collection = collection
        self._name = name
        self._content = content
        self._content.handles.append(self)
        self._closed = False

    @property
    def collection(self) -> str:
        return self._collection

    @property
    def name(self) -> str:
        return self._name

    @property
    def config(self) -> CollectionConfig:
        return self._content.config

    @property
    def shared(self) -> bool:
        return False

    @property
    def _points(self) -> dict[str, Point]:
        if self._closed:
            raise StoreUnavailable(
                f"Generation {self._name} of collection '{self._collection}' was closed.",
                hint="Open it again.",
            )
        return self._content.points

    def upsert(self, points: Sequence[Point]) -> None:
        checked = checked_points(points, self.config)
        self._points.update({point.id: point for point in checked})

    def set_payload(self, point_id: str, payload: Mapping[str, Any]) -> None:
        checked = checked_payload(point_id, payload)
        point = self._points.get(point_id)
        if point is None:
            raise ItemNotFound(f"There is no item '{point_id}' in '{self._collection}'.")
        self._points[point_id] = Point(point_id, point.vectors, checked, point.sparse)

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        checked = {each: checked_payload(each, payloads[each]) for each in payloads}
        for each in checked.keys() & self._points.keys():
            self._points[each] = replace(self._points[each], payload=checked[each])

    def delete(self, ids: Sequence[str]) -> None:
        for each in ids:
            self._points.pop(each, None)

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        points = self._points
        return [_copied(points[each], with_vectors) for each in ids if each in points]

    def query(self, query: VectorQuery) -> list[ScoredPoint]:
        (vector,) = checked_query(query, self.config)
        found = self._passing(query.filter)
        best = ranked(scores(found, vector, query.using, self._points.values()))
        page = best[query.offset : query.offset + query.limit]
        return self._scored(page, query.with_payload)

    def hybrid(self, query: HybridQuery) -> list[ScoredPoint]:
        vectors = checked_query(query, self.config)
        lists = []
        for part, vector in zip(query.prefetch, vectors, strict=True):
            passing = self._passing(both(query.filter, part.filter))
            lists.append(
                ranked(scores(passing, vector, part.using, self._points.values()))[: part.limit]
            )
        page = ranked(fuse(query, lists))[query.offset : query.offset + query.limit]
        return self._scored(page, query.with_payload)

    def score(self, ids: Sequence[str], vector: AnyVector, using: str = JOINT) -> dict[str, float]:
        checked = checked_vector(vector, using, self.config)
        points = self._points
        asked = [points[each] for each in dict.fromkeys(ids) if each in points]
        return scores(asked, checked, using, points.values())

    def first_by(self, order: Order, *, filter: Filter | None, limit: int) -> list[Point]:
        check_order(order, self.config)
        having = [each for each in self._passing(filter) if field_values(each.payload, order.field)]
        having.sort(
            key=lambda point: sort_value(point.payload, order, self.config),
            reverse=order.descending,
        )
        return [_copied(point, with_vectors=False) for point in having[:limit]]

    def scroll(
        self, *, filter: Filter | None = None, limit: int = 100, after: str | None = None
    ) -> tuple[list[Point], str | None]:
        start = scroll_start(after)
        found = [
            point
            for point in self._passing(filter)
            if start is None or point_uuid(point.id) >= start
        ]
        following = str(point_uuid(found[limit].id)) if len(found) > limit else None
        return [_copied(point, with_vectors=False) for point in found[:limit]], following

    def ids(self) -> Iterator[str]:
        yield from (point.id for point in self._passing(None))

    def add_fields(self, fields: Mapping[str, FieldType]) -> None:
        _ = self._points
        config = self._content.config
        self._content.config = replace(config, schema=extended(config.schema, fields))

    def count(self, filter: Filter | None = None) -> int:
        return len(self._passing(filter))

    def facet(
        self, field: str, *, filter: Filter | None = None, limit: int = 20
    ) -> list[tuple[str | int | bool, int]]:
        check_facet(field, self.config)
        counts: Counter[str | int | bool] = Counter()
        for point in self._passing(filter):
            counts.update(set(field_values(point.payload, field)))
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit]

    def index_fields(self) -> None:
        _ = self._points

    def compact(self) -> None:
        _ = self._points

    def flush(self) -> None:
        _ = self._points

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._content.handles.remove(self)

    def _scored(self, page: Sequence[tuple[str, float]], with_payload: bool) -> list[ScoredPoint]:
        points = self._points
        return [
            ScoredPoint(each, score, copy.deepcopy(points[each].payload) if with_payload else {})
            for each, score in page
        ]

    def _passing(self, filter: Filter | None) -> list[Point]:
        """The points that match, in the order of scrolling."""
        found = [point for point in list(self._points.values()) if matches(filter, point.payload)]
        return sorted(found, key=lambda point: point_uuid(point.id))


def _copied(point: Point, with_vectors: bool) -> Point:
    vectors = {name: row.copy() for name, row in point.vectors.items()} if with_vectors else {}
    sparse = dict(point.sparse) if with_vectors else {}
    return Point(point.id, vectors, copy.deepcopy(dict(point.payload)), sparse)
