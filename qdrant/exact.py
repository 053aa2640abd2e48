"""A vector store in memory that compares every point: the fake for tests and the oracle.

It promises the same as every VectorStore, written for reading and not for speed: a query costs
O(N D), a filter O(N). Nothing outlives the process.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import ItemNotFound, StoreUnavailable
from core.fields import FieldType
from core.filters import Filter, both
from core.items import check_collection_name
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
from qdrant.pointer import (
    Pointer,
    collection_not_found,
    generation_name,
    generation_not_found,
)
from qdrant.queries import JOINT, AnyVector, HybridQuery, Order, VectorQuery
from qdrant.store import CollectionConfig, CollectionInfo, Point, ScoredPoint


@dataclass
class _Content:
    """What a generation holds, and who has it open."""

    config: CollectionConfig
    points: dict[str, Point] = field(default_factory=dict)
    handles: list[ExactGeneration] = field(default_factory=list)

    def close_all(self) -> None:
        for handle in list(self.handles):
            handle.close()


@dataclass
class _Collection:
    generations: dict[str, _Content] = field(default_factory=dict)
    pointer: Pointer = field(default_factory=Pointer)


class ExactGeneration(FusedByParts):
    """A handle on a generation in memory; see qdrant.store.Generation. Made by ExactStore."""

    def __init__(self, collection: str, name: str, content: _Content) -> None:
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


class ExactStore:
    """Collections in memory; see qdrant.store.VectorStore."""

    def __init__(self) -> None:
        self._collections: dict[str, _Collection] = {}

    def collections(self) -> list[str]:
        return sorted(name for name in self._collections if self.published(name))

    def info(self, collection: str) -> CollectionInfo:
        home = self._home(collection)
        name = self._published(collection)
        content = home.generations[name]
        return CollectionInfo(
            name=collection,
            generation=name,
            config=content.config,
            count=len(content.points),
            indexed_vectors=0,
            bytes_on_disk=0,
            generations=tuple(home.generations),
            previous=home.pointer.previous,
        )

    def create(
        self,
        collection: str,
        config: CollectionConfig,
        *,
        building: bool = False,  # noqa: ARG002 - the protocol's
    ) -> ExactGeneration:
        check_collection_name(collection)
        home = self._collections.setdefault(collection, _Collection())
        number = home.pointer.last + 1
        home.pointer = replace(home.pointer, last=number)
        content = home.generations[generation_name(number)] = _Content(config)
        return ExactGeneration(collection, generation_name(number), content)

    def open(self, collection: str, generation: str | None = None) -> ExactGeneration:
        name = self._published(collection) if generation is None else generation
        return ExactGeneration(collection, name, self._content(collection, name))

    def published(self, collection: str) -> str | None:
        home = self._collections.get(collection)
        return None if home is None else home.pointer.published

    def unpublished(self, collection: str) -> list[str]:
        home = self._collections.get(collection, _Collection())
        return [name for name in home.generations if name not in home.pointer.known]

    def publish(self, collection: str, generation: str) -> None:
        self._content(collection, generation)
        home = self._home(collection)
        home.pointer = home.pointer.publish(generation)

    def rollback(self, collection: str) -> str:
        self._published(collection)
        home = self._home(collection)
        home.pointer = home.pointer.rollback(collection)
        return self._published(collection)

    def prune(self, collection: str, *, keep: int = 1) -> list[str]:
        home = self._home(collection)
        kept = home.pointer.kept(keep)
        dropped = [
            name
            for name, content in home.generations.items()
            if name not in kept and not content.handles
        ]
        for name in dropped:
            del home.generations[name]
        home.pointer = home.pointer.forget(dropped)
        return dropped

    def drop(self, collection: str) -> None:
        home = self._home(collection)
        for content in home.generations.values():
            content.close_all()
        del self._collections[collection]

    def close(self) -> None:
        for home in self._collections.values():
            for content in home.generations.values():
                content.close_all()

    def _home(self, collection: str) -> _Collection:
        home = self._collections.get(collection)
        if home is None or not home.generations:
            raise collection_not_found(collection)
        return home

    def _published(self, collection: str) -> str:
        name = self._home(collection).pointer.published
        if name is None:
            raise collection_not_found(collection)
        return name

    def _content(self, collection: str, generation: str) -> _Content:
        generations = self._home(collection).generations
        if generation not in generations:
            raise generation_not_found(collection, generation, generations)
        return generations[generation]


def _copied(point: Point, with_vectors: bool) -> Point:
    vectors = {name: row.copy() for name, row in point.vectors.items()} if with_vectors else {}
    sparse = dict(point.sparse) if with_vectors else {}
    return Point(point.id, vectors, copy.deepcopy(dict(point.payload)), sparse)
