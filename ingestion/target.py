"""What a load asks of where it writes to: a generation, or a service that owns one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from qdrant.store import CollectionConfig, Point


class Target(Protocol):
    """The part of `qdrant.store.Generation` that loads use; see there."""

    @property
    def collection(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> CollectionConfig: ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Insert or replace whole points."""
        ...

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace payloads by id and keep the vectors; ids that are not there are passed over."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; ids that are not there are passed over."""
        ...

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        """The points that exist, in the order of `ids`."""
        ...

    def ids(self) -> Iterator[str]:
        """All ids, in a fixed order."""
        ...

    def count(self) -> int:
        """Number of points."""
        ...

    def index_fields(self) -> None:
        """Index the declared fields of a generation that is being built."""
        ...

    def flush(self) -> None:
        """Force everything to disk."""
        ...
