"""A shard of the embedded engine that this process has open."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

import qdrant_edge as engine

from core.errors import StorageFull
from core.fields import FieldType
from core.filters import Filter
from core.schema_change import extended
from qdrant.edge_config import payload_indexes
from qdrant.edge_filters import compiled
from qdrant.edge_recent import Recent
from qdrant.generation_folder import GenerationFolder
from qdrant.shard import Shard
from qdrant.store import CollectionConfig

_COUNTS_KEPT = 1000


class OpenShard:
    """A shard that this process has open, shared by the handles on it."""

    def __init__(self, shard: Shard, folder: GenerationFolder, config: CollectionConfig) -> None:
        self.shard = shard
        self.folder = folder
        self.config = config
        self.writing = threading.RLock()
        self.handles = 0
        self.recent = Recent()
        self._counts: dict[Filter | None, int] = {}
        self._writes = 0
        self._graphed: int | None = None
        self._unsealed: int | None = None

    def update(self, operation: Callable[[], engine.UpdateOperation]) -> None:
        """Apply an operation; the caller holds `writing`."""
        with self._written():
            self.shard.update(operation)

    def update_all(self, operations: Iterable[engine.UpdateOperation]) -> None:
        """Apply many; the caller holds `writing`."""
        with self._written():
            self.shard.update_all(operations)

    @contextmanager
    def _written(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._writes += 1
            self._counts = {}
            self.recent.forget()

    def count(self, filter: Filter | None) -> int:
        """Counted once per filter between writes: nobody else writes, and at 100,000 points
        counting takes up to 20 ms, ten times the query beside it."""
        known = self._counts.get(filter)
        if known is not None:
            return known
        writes = self._writes
        number = self.shard.count(lambda: engine.CountRequest(exact=True, filter=compiled(filter)))
        if writes == self._writes and len(self._counts) < _COUNTS_KEPT:
            self._counts[filter] = number
        return number

    def sizes(self) -> tuple[int, int]:
        """How many points there are, and how many of them the graph of their vectors holds: that
        grows by `compact` alone."""
        count, vectors = self.shard.sizes()
        if self._graphed is None:
            self._graphed = (vectors - self._worded()) // len(self.config.vectors)
        return count, min(self._graphed, count)

    def _worded(self) -> int:
        """Sparse vectors, all of which the engine takes for indexed as soon as they are written."""
        return sum(
            self.shard.count(
                lambda name=name: engine.CountRequest(  # type: ignore[misc]
                    exact=True, filter=engine.Filter(must=[engine.HasVectorCondition(name)])
                )
            )
            for name in self.config.sparse
        )

    def note_facts(self, *, closed: bool = False) -> None:
        """Write down what other processes may want to know."""
        count, graphed = self.sizes()
        self.folder.write_facts(count=count, graphed=graphed, closed=closed)

    def flush(self) -> None:
        with self.writing:
            self.shard.flush()
            self.note_facts()

    def add_fields(self, fields: Mapping[str, FieldType]) -> None:
        """Index first: a field that is declared is always indexed, whatever ends the process."""
        with self.writing:
            schema = extended(self.config.schema, fields)
            new = {n: k for n, k in fields.items() if n not in self.config.schema.attributes}
            for index in payload_indexes(new):
                self.update(lambda index=index: index)  # type: ignore[misc]
            self.shard.flush()
            config = replace(self.config, schema=schema)
            self.folder.write_config(config)
            self.config = config

    def index_fields(self, *, sparingly: bool = False) -> None:
        """Index the fields that have no index yet: all of a generation that was being built.

        Args:
            sparingly: for each field all payloads are read; let go of their pages after each, and
                of those of the indexes. Calls meanwhile wait.
        """
        with self.writing:
            there = self.shard.indexed_fields()
            missing = {n: k for n, k in self.config.schema.fields.items() if n not in there}
            for index in payload_indexes(missing):
                self.update(lambda index=index: index)  # type: ignore[misc]
                if sparingly:
                    self.shard.reload()

    def make_room(self, points: int, full: int | None) -> None:
        """Seal first where `points` more would make the segment that is written to larger than
        `full`; the caller holds `writing`."""
        if full is None:
            return
        if self._unsealed is None:  # those of an earlier opening, too
            count, graphed = self.sizes()
            self._unsealed = count - graphed
        if self._unsealed and self._unsealed + points > full:
            self.seal()
        self._unsealed += points

    def seal(self) -> None:
        """Move what was written into segments that are indexed and, once loaded, mostly mapped.

        The segment that is written to keeps ids and words in memory. Freezes the interpreter.
        """
        with self.writing:
            self.folder.check_space(self.folder.bytes_on_disk())
            if self.shard.optimize():
                self.shard.reload()
                self._graphed = None  # measured when next asked for
            self._unsealed = 0

    def close(self) -> None:
        """Flush, leave the last facts, and release the directory, whatever fails on the way."""
        with self.writing:
            try:
                self.shard.flush()
                with suppress(StorageFull):  # facts are for others, and the data is written
                    self.note_facts(closed=True)
            finally:
                self._writes += 1
                self._counts = {}
                self.shard.close()
