"""Building a collection's index anew over all that was written to it one by one.

The embedded engine indexes nothing while it answers: what a service is sent is compared one by
one with each query until then. Beside a service the work is done aside, in this process, and the
service takes the result over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from app.running import RunningService, ask, running_service
from app.succession.building import build_beside
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring
from core.errors import CollectionBusy
from core.items import check_collection_name
from ingestion.single_load import single_load
from qdrant.store import JOINT

_FLOAT = 4


@dataclass(frozen=True)
class Compacted:
    """Attributes:
    generation: what answers now.
    count: its items, all of which the index covers.
    """

    generation: str
    count: int


def compact(
    wiring: Wiring, collection: str, on_indexing: Callable[[int], None] = lambda _: None
) -> Compacted:
    """Index all of a collection, which goes on answering. Cut off, it goes on when run again.

    Raises CollectionNotFound, CollectionBusy, LoadRunning and StoreError.
    """
    check_collection_name(collection)
    shared = wiring.database if wiring.settings.database is not None else None
    with single_load(wiring.directories.loads, collection, shared):
        try:
            generation = wiring.store.open(collection)
        except CollectionBusy:
            service = running_service(wiring.directories.root)
            if service is None:
                raise
            with closing(RemoteGeneration(service, collection)) as base:
                return compact_beside(wiring, base, on_indexing)
        with closing(generation):
            count = generation.count()
            on_indexing(count)
            generation.compact()
            return Compacted(generation.name, count)


def compact_beside(
    wiring: Wiring, base: RemoteGeneration, on_indexing: Callable[[int], None] | None
) -> Compacted:
    """The same of what a service owns; the caller sees to it that nothing else is built."""
    built = build_beside(
        wiring,
        base,
        lambda _, __: None,
        whole=lambda _: True,
        on_indexing=on_indexing,
        purpose="compact",
    )
    return Compacted(built.generation, built.count)


def unindexed(service: RunningService, base: RemoteGeneration) -> int:
    """Bytes of the vectors, as float32, that each query to the service is compared with one by one:
    from some ten million on the engine makes a graph of them when it may."""
    said = ask(service, "GET", f"/v1/collections/{base.collection}")
    items = max(0, int(said["count"]) - int(said["indexed_vectors"]))
    return items * base.config.vectors[JOINT] * _FLOAT
