"""What the rest of Binocle asks of a vector store. Speaks core types only.

A store holds collections; a collection's name points at one of its generations. A generation is
built aside (`create`), loaded, compacted, and then published atomically; the previous one stays and
can be rolled back to until it is pruned.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from core.fields import FieldType, Schema
from core.filters import Filter
from qdrant.queries import COLOR as COLOR
from qdrant.queries import JOINT as JOINT
from qdrant.queries import TEXT as TEXT
from qdrant.queries import AnyVector as AnyVector
from qdrant.queries import Fused as Fused
from qdrant.queries import FusedPoint as FusedPoint
from qdrant.queries import HybridQuery as HybridQuery
from qdrant.queries import Order as Order
from qdrant.queries import Prefetch as Prefetch
from qdrant.queries import SparseVector as SparseVector
from qdrant.queries import VectorQuery as VectorQuery

Quantization = Literal["none", "int8", "binary", "turbo", "product"]


@dataclass(frozen=True)
class CollectionConfig:
    """How a generation is built. Fixed when it is created, but for fields that are added."""

    encoder: str  # spec of the encoder, such as 'compact'
    fingerprint: str  # of the encoder: vectors of another one are never mixed in
    vectors: Mapping[str, int]  # dense vectors by name, with their dimensions
    schema: Schema = field(default_factory=Schema)
    quantization: Quantization = "int8"
    sparse: tuple[str, ...] = ()  # sparse vectors by name, weighted by the engine's IDF


@dataclass(frozen=True)
class Point:
    """One item as stored. `payload` is JSON.

    vectors: float32 (dim,), unit length, of all dense names; sparse: of the collection's sparse
    names, where one that is left out is empty.
    """

    id: str
    vectors: Mapping[str, NDArray[np.float32]]
    payload: Mapping[str, Any]
    sparse: Mapping[str, SparseVector] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoredPoint:
    """A point found: cosine -1 to 1; by sparse vectors and by fusion a score of their own."""

    id: str
    score: float
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class CollectionInfo:
    """A collection as people see it."""

    name: str
    generation: str
    config: CollectionConfig
    count: int
    indexed_vectors: int  # items in the ANN index; the rest are compared one by one
    bytes_on_disk: int | None  # None where the store does not tell
    generations: tuple[str, ...]  # oldest first, unpublished ones included
    previous: tuple[str, ...]  # published before, latest first: what rollback goes through
    as_of: str | None = None  # when the counts were true, where another process has it open
    index_bytes: int | None = None  # of the indexes of vectors and fields, within those on disk
    engine: Mapping[str, str | int] = field(default_factory=dict)  # how it is kept, for people


class Generation(Protocol):
    """One open generation of a collection. Calls are safe from several threads.

    Every method raises StoreError (StorageFull on a full disk) when the engine fails.
    """

    @property
    def collection(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def config(self) -> CollectionConfig: ...

    @property
    def shared(self) -> bool:
        """Whether other processes may write to it while it is open here."""
        ...

    def upsert(self, points: Sequence[Point]) -> None:
        """Insert or replace whole points; searchable and durable when it returns.

        Raises InvalidItem for a vector that is missing, of another dimension, zero or not finite;
        then none of `points` is written.
        """
        ...

    def set_payload(self, point_id: str, payload: Mapping[str, Any]) -> None:
        """Replace the payload and keep the vectors. Raises ItemNotFound."""
        ...

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the payloads of points by id and keep their vectors: far less work than writing
        whole points. Ids that are not there are passed over."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; ids that are not there are passed over."""
        ...

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Point]:
        """The points that exist, in the order of `ids`; `vectors` is empty unless asked for."""
        ...

    def query(self, query: VectorQuery) -> list[ScoredPoint]: ...

    def hybrid(self, query: HybridQuery) -> list[ScoredPoint]:
        """Raises InvalidQuery for a vector that the collection has not, or a weight below 0."""
        ...

    def fused(
        self,
        query: HybridQuery,
        keep: int,
        *,
        without: Collection[str] = (),
        with_vectors: bool = False,
    ) -> Fused:
        """What `hybrid` finds by weighted fusion, scored again exactly by every list, and of that
        the best `keep` with their payload. Points of the ids `without` are left out. A point's
        score depends on the point alone, and not on how deep the lists went.

        Raises InvalidQuery as `hybrid`.
        """
        ...

    def score(self, ids: Sequence[str], vector: AnyVector, using: str = JOINT) -> dict[str, float]:
        """The exact score of each of `ids` that is there and that `using` finds at all."""
        ...

    def scroll(
        self, *, filter: Filter | None = None, limit: int = 100, after: str | None = None
    ) -> tuple[list[Point], str | None]:
        """A page of points without vectors, in a fixed order, and the token for the next page."""
        ...

    def first_by(self, order: Order, *, filter: Filter | None, limit: int) -> list[Point]:
        """The first points by a field, without vectors; those without a value are left out, and
        ties come in no certain order. For pages of any depth see `qdrant.ordering`."""
        ...

    def ids(self) -> Iterator[str]:
        """All ids, in a fixed order."""
        ...

    def add_fields(self, fields: Mapping[str, FieldType]) -> None:
        """Declare more fields, and index them; those declared so already change nothing.

        Handles of other processes know of them once they are opened anew. Raises InvalidName for a
        field that has another type, or that every collection has.
        """
        ...

    def count(self, filter: Filter | None = None) -> int:
        """Exact number of points that match."""
        ...

    def facet(
        self, field: str, *, filter: Filter | None = None, limit: int = 20
    ) -> list[tuple[str | int | bool, int]]:
        """Values of a keyword, integer or bool field with counts, most frequent first."""
        ...

    def index_fields(self) -> None:
        """Index the declared fields of a generation that is being built, which `compact` would do.

        It waits for the disk more than it works. Engines that index at once do nothing.
        """
        ...

    def compact(self) -> None:
        """Build the ANN index over everything written so far.

        EdgeStore: freezes the whole interpreter for its run, so never in the serving process.
        """
        ...

    def flush(self) -> None:
        """Force everything to disk."""
        ...

    def close(self) -> None:
        """Flush and release. Idempotent."""
        ...


class VectorStore(Protocol):
    """Collections and their generations."""

    def collections(self) -> list[str]:
        """Names of the published collections, sorted."""
        ...

    def info(self, collection: str) -> CollectionInfo:
        """Raises CollectionNotFound."""
        ...

    def create(
        self, collection: str, config: CollectionConfig, *, building: bool = False
    ) -> Generation:
        """A new, empty, unpublished generation, open for writing.

        Args:
            building: its fields may be indexed by `compact`, or where it is next opened as the
                published one: what is filled first takes less time and memory so.
        """
        ...

    def open(self, collection: str, generation: str | None = None) -> Generation:
        """The published generation, or the one named. The caller closes it.

        Raises CollectionNotFound, GenerationNotFound, and CollectionBusy (naming the owner) where
        another process has it open.
        """
        ...

    def published(self, collection: str) -> str | None:
        """Name of the published generation, cheaply; None where there is no such collection."""
        ...

    def unpublished(self, collection: str) -> list[str]:
        """Generations never published, oldest first: loads that were cut off."""
        ...

    def publish(self, collection: str, generation: str) -> None:
        """Point the collection's name at `generation`, atomically."""
        ...

    def rollback(self, collection: str) -> str:
        """Publish the generation that was published before, and return its name.

        Raises GenerationNotFound where there is none.
        """
        ...

    def prune(self, collection: str, *, keep: int = 1) -> list[str]:
        """Drop all but the published generation and the `keep` before it; the names dropped.

        Unpublished generations that another process has open are kept.
        """
        ...

    def drop(self, collection: str) -> None:
        """Delete the collection with all generations. Raises CollectionNotFound, CollectionBusy."""
        ...

    def close(self) -> None: ...
