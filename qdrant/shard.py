"""The one place where the embedded engine is called, and where its errors become ours.

The engine raises bare `Exception`, and `BaseException` when it panics; neither leaves this file.
"""

from __future__ import annotations

import errno
import functools
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

import qdrant_edge as engine

from core.errors import BinocleError, StorageFull, StoreError, StoreUnavailable

_P = ParamSpec("_P")
_R = TypeVar("_R")

_FULL = ("no space left", "os error 28", "disk full", "quota exceeded", "os error 122")
_CLOSED = ("not initialized",)
_BINDING = (OSError, ValueError, TypeError, OverflowError, RuntimeError, MemoryError)
"""What the binding raises where arguments can't be converted or an object is in use."""


def translated(error: BaseException) -> BinocleError:
    """Our error for one of the engine's, or of the file system below it."""
    text = str(error)
    low = text.lower()
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT) or any(sign in low for sign in _FULL):
        return StorageFull(
            f"The disk is full: {text}.", hint="Free some space; what was written before is safe."
        )
    if any(sign in low for sign in _CLOSED):
        return _closed()
    if isinstance(error, OSError):
        return StoreError(f"The store's files can't be used: {text}.")
    return StoreError(f"The vector engine failed: {text or type(error).__name__}.")


def _closed() -> StoreUnavailable:
    return StoreUnavailable("The collection was closed.", hint="Open it again.")


def _is_engines(error: BaseException) -> bool:
    """Whether the engine, its binding or the file system raised it: our own bugs stay bugs."""
    bare = type(error) is Exception
    panic = type(error).__name__ == "PanicException"  # PyO3's, which it does not export
    return bare or panic or isinstance(error, _BINDING)


def seam(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let only our own errors out of `call`."""

    @functools.wraps(call)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return call(*args, **kwargs)
        except BaseException as error:
            if not _is_engines(error):
                raise
            raise translated(error) from error

    return guarded


def _while_open(
    call: Callable[Concatenate[Shard, _P], _R],
) -> Callable[Concatenate[Shard, _P], _R]:
    """A method through the seam, refused once the shard is closed."""
    guarded = seam(call)

    @functools.wraps(call)
    def counted(self: Shard, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        self._enter()
        try:
            return guarded(self, *args, **kwargs)
        finally:
            self._leave()

    return counted


class Shard:
    """A shard of the engine. Every method raises StoreError, StoreUnavailable or StorageFull only.

    Calls from several threads are safe. The engine refuses to be closed while a call runs, so
    closing waits for the calls before it, and calls after it are refused.
    """

    @seam
    def __init__(self, folder: Path, config: engine.EdgeConfig | None = None) -> None:
        """Create a shard with `config` in `folder`, or load the one that is there without."""
        self._folder = folder
        self._idle = threading.Condition()
        self._calls = 0
        self._closed = False
        if config is None:
            self._shard = engine.EdgeShard.load(str(folder))
        else:
            folder.mkdir()
            self._shard = engine.EdgeShard.create(str(folder), config)

    @_while_open
    def update(self, operation: Callable[[], engine.UpdateOperation]) -> None:
        """Build and apply an operation: building it can fail as well."""
        self._shard.update(operation())

    @_while_open
    def update_all(self, operations: Iterable[engine.UpdateOperation]) -> None:
        """Apply many small ones, in order."""
        for operation in operations:
            self._shard.update(operation)

    @_while_open
    def query(self, request: Callable[[], engine.QueryRequest]) -> list[engine.ScoredPoint]:
        return self._shard.query(request())

    @_while_open
    def scroll(
        self, request: Callable[[], engine.ScrollRequest]
    ) -> tuple[list[engine.Record], engine.PointId | None]:
        return self._shard.scroll(request())

    @_while_open
    def count(self, request: Callable[[], engine.CountRequest]) -> int:
        return self._shard.count(request())

    @_while_open
    def facet(self, request: Callable[[], engine.FacetRequest]) -> list[engine.FacetHit]:
        return self._shard.facet(request()).hits

    @_while_open
    def retrieve(self, ids: list[engine.PointId], *, with_vectors: bool) -> list[engine.Record]:
        return self._shard.retrieve(ids, True, with_vectors)

    @_while_open
    def payloads(self, ids: Sequence[UUID]) -> list[tuple[UUID, dict[str, Any]]]:
        """The payloads of those that are there."""
        records = self._shard.retrieve(list(ids), True, False)
        return [(cast("UUID", record.id), record.payload or {}) for record in records]

    @_while_open
    def vectors(self, ids: Sequence[UUID], name: str) -> list[tuple[UUID, list[float]]]:
        """One dense vector of each of those that are there."""
        records = self._shard.retrieve(list(ids), False, [name])
        return [(cast("UUID", each.id), cast("Any", each.vector)[name]) for each in records]

    @_while_open
    def sizes(self) -> tuple[int, int]:
        """How many points there are, and how many vectors in the graph, without counting them."""
        info = self._shard.info()
        return info.points_count, info.indexed_vectors_count

    @_while_open
    def segments(self) -> int:
        """How many segments there are: each has a graph of its own, which every query walks."""
        return self._shard.info().segments_count

    @_while_open
    def indexed_fields(self) -> set[str]:
        """Payload fields that have an index."""
        return set(self._shard.info().payload_schema)

    @_while_open
    def optimize(self) -> bool:
        """Merge segments, quantize, build the graph; whether there was anything to do. Freezes the
        interpreter meanwhile."""
        return self._shard.optimize()

    @seam
    def reload(self) -> None:
        """Close the shard and load it again; calls meanwhile wait.

        The first loading after `optimize` lays out a segment for what is written next, which takes
        seconds on a busy disk: better now than when a service starts.
        """
        with self._idle:
            if self._closed:
                raise _closed()
            self._idle.wait_for(lambda: self._calls == 0)
            self._shard.close()
            self._shard = engine.EdgeShard.load(str(self._folder))

    @_while_open
    def flush(self) -> None:
        self._shard.flush()

    @seam
    def close(self) -> None:
        """Idempotent."""
        with self._idle:
            if self._closed:
                return
            self._closed = True
            self._idle.wait_for(lambda: self._calls == 0)
            self._shard.close()

    def _enter(self) -> None:
        with self._idle:
            if self._closed:
                raise _closed()
            self._calls += 1

    def _leave(self) -> None:
        with self._idle:
            self._calls -= 1
            self._idle.notify_all()
