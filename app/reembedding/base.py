"""What is re-embedded: a generation that is open here, or one that a service owns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from encoders.encoder import Vectors
from ingestion.ledger import Ledger
from qdrant.store import JOINT, CollectionConfig, Generation, Point, VectorQuery

_PAGE = 200


class Base(Protocol):
    """The part of a generation that re-embedding reads; see `qdrant.store.Generation`."""

    @property
    def collection(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> CollectionConfig: ...

    @property
    def change(self) -> int:
        """Number of the last change that was noted when it was opened; see the ledger."""
        ...

    def written_up_to(self) -> int:
        """Number of the last change whose write is done: they are numbered before that."""
        ...

    def count(self) -> int: ...

    def ids(self) -> Iterator[str]: ...

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]: ...

    def pages(self, *, vectors: bool, after: str | None = None) -> Iterator[list[Point]]:
        """All points, in the fixed order of their ids."""
        ...

    def nearest(self, vectors: Vectors, limit: int) -> list[list[str]]:
        """For each row of float32 (n, dim) the ids of the `limit` nearest, best first."""
        ...


class LocalBase:
    """A generation that is open in this process, which closes it."""

    def __init__(self, generation: Generation, ledger: Ledger) -> None:
        self._generation = generation
        self._ledger = ledger
        self.change = ledger.latest()

    @property
    def collection(self) -> str:
        return self._generation.collection

    @property
    def name(self) -> str:
        return self._generation.name

    @property
    def config(self) -> CollectionConfig:
        return self._generation.config

    def count(self) -> int:
        return self._generation.count()

    def ids(self) -> Iterator[str]:
        return self._generation.ids()

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        return self._generation.retrieve(ids, with_vectors=with_vectors)

    def written_up_to(self) -> int:
        # Only processes that share a server write beside this one: they note again after a write.
        return self._ledger.latest()

    def pages(self, *, vectors: bool, after: str | None = None) -> Iterator[list[Point]]:
        while True:
            page, after = self._generation.scroll(limit=_PAGE, after=after)
            if vectors:
                ids = [point.id for point in page]
                page = self._generation.retrieve(ids, with_vectors=True)
            yield page
            if after is None:
                return

    def nearest(self, vectors: Vectors, limit: int) -> list[list[str]]:
        return nearest_of(self._generation, vectors, limit)


def nearest_of(generation: Generation, vectors: Vectors, limit: int) -> list[list[str]]:
    """For each row of float32 (n, dim) the ids of the `limit` nearest points, best first."""
    return [
        [
            point.id
            for point in generation.query(
                VectorQuery(row, limit=limit, using=JOINT, with_payload=False)
            )
        ]
        for row in vectors
    ]
