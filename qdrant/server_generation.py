"""One open generation on a Qdrant server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from qdrant_client.http import models

from core.errors import ItemNotFound, StoreUnavailable
from core.fields import FieldType
from core.filters import Filter
from qdrant.checks import (
    check_facet,
    check_order,
    checked_points,
    checked_query,
    checked_vector,
    point_uuid,
    scroll_start,
)
from qdrant.fusion import FusedByParts
from qdrant.queries import JOINT, AnyVector, HybridQuery, Order, SparseVector, VectorQuery
from qdrant.server_config import read_consistency, write_ordering
from qdrant.server_errors import Missing
from qdrant.server_filters import compiled
from qdrant.server_indexing import add_fields, wait_until_indexed
from qdrant.server_lease import Lease
from qdrant.server_link import Call, Link, T
from qdrant.server_metadata import generation_collection
from qdrant.server_payloads import overwrite
from qdrant.server_points import as_struct, check_integers, counted, point_of, scored_of
from qdrant.server_queries import among, counting, fused, nearest, scrolling
from qdrant.store import CollectionConfig, Point, ScoredPoint

_BATCH = 500
"""Points per request: some 2 MB of JSON at 256 dimensions, far below the server's 32 MB."""
_PAGE = 1000


class ServerGeneration(FusedByParts):
    """A handle on a generation; see qdrant.store.Generation. Made by ServerStore.

    Args:
        leased: what this process does, where it holds the generation as its loader; the note of
            that is kept fresh by writing.
    """

    def __init__(
        self,
        link: Link,
        collection: str,
        name: str,
        config: CollectionConfig,
        *,
        release: Callable[[ServerGeneration], None],
        leased: str | None = None,
    ) -> None:
        self._link = link
        self._collection = collection
        self._name = name
        self._config = config
        self._release = release
        self._lease = Lease(leased)
        self._closed = False
        self._there = generation_collection(collection, name)
        self._consistency = read_consistency(link.connection)
        self._ordering = write_ordering(link.connection)

    @property
    def collection(self) -> str:
        return self._collection

    @property
    def name(self) -> str:
        return self._name

    @property
    def config(self) -> CollectionConfig:
        return self._config

    @property
    def shared(self) -> bool:
        return True

    @property
    def leased(self) -> bool:
        """Whether this handle keeps the generation from being pruned, on all machines."""
        return self._lease.held

    def upsert(self, points: Sequence[Point]) -> None:
        checked = checked_points(points, self.config)
        if self._link.connection.grpc:
            for point in checked:
                check_integers(point.id, point.payload)
        _ = self._open
        self._renew_lease()
        for start in range(0, len(checked), _BATCH):
            batch = [as_struct(point) for point in checked[start : start + _BATCH]]
            self._write(
                lambda client, seconds, batch=batch: client.upsert(  # type: ignore[misc]
                    self._there, batch, wait=True, ordering=self._ordering, timeout=seconds
                )
            )

    def set_payload(self, point_id: str, payload: Mapping[str, Any]) -> None:
        if not self._overwrite({point_id: payload}):
            raise ItemNotFound(f"There is no item '{point_id}' in '{self._collection}'.")

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        self._overwrite(payloads)

    def delete(self, ids: Sequence[str]) -> None:
        keys: list[Any] = [str(point_uuid(each)) for each in ids]
        _ = self._open
        if keys:
            self._write(
                lambda client, seconds: client.delete(
                    self._there,
                    models.PointIdsList(points=keys),
                    wait=True,
                    ordering=self._ordering,
                    timeout=seconds,
                )
            )

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        keys = [str(point_uuid(each)) for each in ids]
        _ = self._open
        found = {}
        distinct = list(dict.fromkeys(keys))
        for start in range(0, len(distinct), _BATCH):
            part = distinct[start : start + _BATCH]
            records = self._read(
                lambda client, seconds, part=part: client.retrieve(  # type: ignore[misc]
                    self._there,
                    part,
                    with_payload=True,
                    with_vectors=with_vectors,
                    consistency=self._consistency,
                    timeout=seconds,
                )
            )
            found.update({str(record.id): record for record in records})
        return [point_of(found[key]) for key in keys if key in found]

    def query(self, query: VectorQuery) -> list[ScoredPoint]:
        (vector,) = checked_query(query, self.config)
        cosine = not isinstance(vector, SparseVector)
        if isinstance(vector, SparseVector) and not vector.indices:
            _ = self._open
            return []
        return self._found(nearest(query, vector, self.config), query.with_payload, cosine)

    def hybrid(self, query: HybridQuery) -> list[ScoredPoint]:
        vectors = checked_query(query, self.config)
        return self._found(fused(query, vectors, self.config), query.with_payload, cosine=False)

    def score(self, ids: Sequence[str], vector: AnyVector, using: str = JOINT) -> dict[str, float]:
        checked = checked_vector(vector, using, self.config)
        if not ids or (isinstance(checked, SparseVector) and not checked.indices):
            return {}
        found = self._found(among(ids, checked, using), False, cosine=False)
        return {point.id: point.score for point in found}

    def first_by(self, order: Order, *, filter: Filter | None, limit: int) -> list[Point]:
        check_order(order, self.config)
        found, _ = self._scroll(filter, limit, None, with_payload=True, order=order)
        return list({point.id: point for point in found}.values())  # once for each of its values

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
        self._config = add_fields(self._open, self._there, self._config, fields)

    def count(self, filter: Filter | None = None) -> int:
        # The client has no argument for how many replicas have to agree on a count.
        answer = self._read(
            lambda client, seconds: client.count(
                self._there, compiled(filter), exact=True, timeout=seconds
            )
        )
        return answer.count

    def facet(
        self, field: str, *, filter: Filter | None = None, limit: int = 20
    ) -> list[tuple[str | int | bool, int]]:
        check_facet(field, self.config)
        answer = self._read(
            lambda client, seconds: client.facet(
                self._there,
                consistency=self._consistency,
                timeout=seconds,
                **counting(field, filter, limit),
            )
        )
        return counted(answer, limit)

    def index_fields(self) -> None:
        _ = self._open

    def compact(self) -> None:
        _ = self._open
        wait_until_indexed(self._link, self._there)

    def flush(self) -> None:
        _ = self._open  # every write was on the server's disk before it was acknowledged

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._release(self)

    @property
    def _open(self) -> Link:
        if self._closed:
            raise StoreUnavailable(
                f"Generation {self._name} of collection '{self._collection}' was closed.",
                hint="Open it again.",
            )
        return self._link

    def _read(self, call: Call[T]) -> T:
        link = self._open
        return self._named(lambda: link.read(call))

    def _write(self, call: Call[T]) -> T:
        link = self._open
        return self._named(lambda: link.write(call))

    def _overwrite(self, payloads: Mapping[str, Mapping[str, Any]]) -> int:
        way = self._open.connection
        self._renew_lease()
        return overwrite(payloads, self._there, way, read=self._read, write=self._write)

    def _named(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except Missing as error:
            raise Missing(
                f"Generation {self._name} of collection '{self._collection}' is no more on the "
                f"server at {self._link.url}.",
                hint="It was dropped or pruned from elsewhere. Open the collection again.",
            ) from error

    def _renew_lease(self) -> None:
        self._lease.renew(
            lambda note: self._write(
                lambda client, seconds: client.update_collection(
                    self._there, metadata=dict(note), timeout=seconds
                )
            )
        )

    def _found(
        self, arguments: dict[str, Any], with_payload: bool, cosine: bool
    ) -> list[ScoredPoint]:
        answer = self._read(
            lambda client, seconds: client.query_points(
                self._there, consistency=self._consistency, timeout=seconds, **arguments
            )
        )
        return [scored_of(each, with_payload=with_payload, cosine=cosine) for each in answer.points]

    def _scroll(
        self,
        filter: Filter | None,
        limit: int,
        after: str | None,
        with_payload: bool | list[str],
        order: Order | None = None,
    ) -> tuple[list[Point], str | None]:
        asked = scrolling(filter, limit, scroll_start(after), order)
        records, following = self._read(
            lambda client, seconds: client.scroll(
                self._there,
                with_payload=with_payload,
                consistency=self._consistency,
                timeout=seconds,
                **asked,
            )
        )
        points = [point_of(record) for record in records]
        return points, None if following is None else str(following)
