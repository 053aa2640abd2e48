"""One open generation on the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import qdrant_edge as engine

from core.errors import ItemNotFound, StoreUnavailable
from core.fields import FieldType
from core.filters import Filter
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
from qdrant.edge_filters import compiled
from qdrant.edge_fused import Lists, fused_exactly
from qdrant.edge_points import new_payload, point_of, scored_of, upsertion
from qdrant.edge_queries import among, fused, nearest, sorting, these
from qdrant.graph import SEGMENT_POINTS
from qdrant.open_shard import OpenShard
from qdrant.queries import JOINT, AnyVector, Fused, HybridQuery, Order, SparseVector, VectorQuery
from qdrant.shard import Shard
from qdrant.store import CollectionConfig, Point, ScoredPoint

_BATCH = 500
"""Points per operation: the engine's log takes one operation as one record of bounded size."""
_PAGE = 1000
_FACETS_FETCHED = 1000


class EdgeGeneration:
    """A handle on a generation; see qdrant.store.Generation. Made by EdgeStore.

    Args:
        full: points after which the segment that is written to is sealed; None: it never is.
    """

    def __init__(
        self,
        collection: str,
        opened: OpenShard,
        release: Callable[[OpenShard], None],
        full: int | None,
    ) -> None:
        self._collection = collection
        self._open = opened
        self._release = release
        self._full = full
        self._closed = False

    @property
    def collection(self) -> str:
        return self._collection

    @property
    def name(self) -> str:
        return self._open.folder.name

    @property
    def config(self) -> CollectionConfig:
        return self._open.config

    @property
    def shared(self) -> bool:
        return False

    @property
    def _shard(self) -> Shard:
        if self._closed:
            raise StoreUnavailable(
                f"Generation {self.name} of collection '{self._collection}' was closed.",
                hint="Open it again.",
            )
        return self._open.shard

    def upsert(self, points: Sequence[Point]) -> None:
        checked = checked_points(points, self.config)
        floats = sum(self.config.vectors.values())
        with self._open.writing:
            _ = self._shard
            # Once in the log, once in the segment, and once more when segments are merged.
            self._open.folder.check_space(3 * 4 * floats * len(checked))
            self._open.make_room(len(checked), self._full)
            for start in range(0, len(checked), _BATCH):
                batch = checked[start : start + _BATCH]
                self._open.update(lambda batch=batch: upsertion(batch))  # type: ignore[misc]
            self._open.note_facts()

    def set_payload(self, point_id: str, payload: Mapping[str, Any]) -> None:
        checked = checked_payload(point_id, payload)
        key = point_uuid(point_id)
        with self._open.writing:
            shard = self._shard
            if not shard.retrieve([key], with_vectors=False):
                raise ItemNotFound(f"There is no item '{point_id}' in '{self._collection}'.")
            self._open.folder.check_space(0)
            self._open.update(lambda: engine.UpdateOperation.overwrite_payload([key], checked))

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        checked: dict[engine.PointId, dict[str, Any]] = {
            point_uuid(each): checked_payload(each, payloads[each]) for each in payloads
        }
        with self._open.writing:
            shard = self._shard
            self._open.folder.check_space(0)
            self._open.make_room(len(checked), self._full)
            records = shard.retrieve(list(checked), with_vectors=False)
            self._open.update_all(
                operation()
                for record in records
                for operation in new_payload(record, checked[record.id])
            )

    def delete(self, ids: Sequence[str]) -> None:
        keys: list[engine.PointId] = [point_uuid(each) for each in ids]
        with self._open.writing:
            _ = self._shard
            if keys:
                self._open.update(lambda: engine.UpdateOperation.delete_points(keys))
                self._open.note_facts()

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        keys = [point_uuid(each) for each in ids]
        records = self._shard.retrieve(list(dict.fromkeys(keys)), with_vectors=with_vectors)
        found = {record.id: record for record in records}
        return [point_of(found[key]) for key in keys if key in found]

    def query(self, query: VectorQuery) -> list[ScoredPoint]:
        (vector,) = checked_query(query, self.config)
        cosine = not isinstance(vector, SparseVector)
        if isinstance(vector, SparseVector) and not vector.indices:
            return []
        found = self._shard.query(lambda: nearest(query, vector, self.config))
        return [scored_of(each, with_payload=query.with_payload, cosine=cosine) for each in found]

    def hybrid(self, query: HybridQuery) -> list[ScoredPoint]:
        vectors = checked_query(query, self.config)
        found = self._shard.query(lambda: fused(query, vectors, self.config))
        return [scored_of(each, with_payload=query.with_payload, cosine=False) for each in found]

    def fused(
        self,
        query: HybridQuery,
        keep: int,
        *,
        without: Collection[str] = (),
        with_vectors: bool = False,
    ) -> Fused:
        vectors, shard = checked_query(query, self.config), self._shard
        found = Lists(query, vectors, self.config, without)
        return fused_exactly(shard, self._open.recent, found, keep, with_vectors)

    def score(self, ids: Sequence[str], vector: AnyVector, using: str = JOINT) -> dict[str, float]:
        checked = checked_vector(vector, using, self.config)
        keys = {point_uuid(each): each for each in ids}
        if not keys or (isinstance(checked, SparseVector) and not checked.indices):
            return {}
        found = self._shard.query(lambda: among(len(keys), these(list(keys)), checked, using))
        return {keys[each.id]: each.score for each in found if isinstance(each.id, UUID)}

    def first_by(self, order: Order, *, filter: Filter | None, limit: int) -> list[Point]:
        check_order(order, self.config)
        records, _ = self._shard.scroll(
            lambda: engine.ScrollRequest(
                limit=limit,
                filter=compiled(filter),
                with_payload=True,
                with_vector=False,
                order_by=sorting(order),
            )
        )
        found = {record.id: point_of(record) for record in records}  # once for each of its values
        return list(found.values())

    def scroll(
        self, *, filter: Filter | None = None, limit: int = 100, after: str | None = None
    ) -> tuple[list[Point], str | None]:
        return self._scroll(filter, limit, after, with_payload=True)

    def ids(self) -> Iterator[str]:
        after: str | None = None
        while True:
            page, after = self._scroll(None, _PAGE, after, with_payload=["id"])
            yield from (point.id for point in page)
            if after is None:
                return

    def add_fields(self, fields: Mapping[str, FieldType]) -> None:
        _ = self._shard  # refuses a closed handle
        self._open.add_fields(fields)

    def count(self, filter: Filter | None = None) -> int:
        _ = self._shard  # refuses a closed handle
        return self._open.count(filter)

    def facet(
        self, field: str, *, filter: Filter | None = None, limit: int = 20
    ) -> list[tuple[str | int | bool, int]]:
        check_facet(field, self.config)
        fetched = max(limit + 1, _FACETS_FETCHED)
        counts = self._facet(field, filter, fetched, exact=False)
        if len(counts) == fetched and counts[-1][1] == counts[limit][1]:
            # More values share the last count than were fetched: which come first has to be asked
            # for the slow way, point by point.
            counts = self._facet(field, filter, limit, exact=True)
        return counts[:limit]

    def indexed_fields(self) -> set[str]:
        """Payload fields with an index."""
        return self._shard.indexed_fields()

    def index_fields(self) -> None:
        _ = self._shard  # refuses a closed handle
        self._open.index_fields()

    def compact(self) -> None:
        with self._open.writing:
            _ = self._shard  # refuses a closed handle
            self._open.seal()
            count, _ = self._open.sizes()
            self._open.index_fields(sparingly=count > (self._full or SEGMENT_POINTS))
            self._open.flush()

    def flush(self) -> None:
        _ = self._shard  # refuses a closed handle
        self._open.flush()

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._release(self._open)

    def _facet(
        self, field: str, filter: Filter | None, limit: int, *, exact: bool
    ) -> list[tuple[str | int | bool, int]]:
        """By frequency, then value. Only where `limit` cuts among equals is not `exact` inexact."""
        hits = self._shard.facet(
            lambda: engine.FacetRequest(field, limit=limit, exact=exact, filter=compiled(filter))
        )
        counts = [(hit.value, hit.count) for hit in hits if hit.count]  # 0: values since deleted
        return sorted(counts, key=lambda pair: (-pair[1], pair[0]))

    def _scroll(
        self, filter: Filter | None, limit: int, after: str | None, with_payload: bool | list[str]
    ) -> tuple[list[Point], str | None]:
        start = scroll_start(after)
        records, following = self._shard.scroll(
            lambda: engine.ScrollRequest(
                offset=start,
                limit=limit,
                filter=compiled(filter),
                with_payload=with_payload,
                with_vector=False,
            )
        )
        return [point_of(record) for record in records], None if following is None else str(
            following
        )
