"""One load into a collection at a time."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from core.disk import disk_errors
from core.errors import LoadRunning
from database.engine import Database


@contextmanager
def single_load(folder: Path, collection: str, shared: Database | None = None) -> Iterator[None]:
    """While the block runs, no other load, re-embedding or compaction of the collection begins.

    The lock is the operating system's: it falls with its process, however that ends. Where
    `shared` is a PostgreSQL database, it holds on all machines, by the server's advisory lock.

    Raises LoadRunning, which names who has it, and StorageFull and StoreError where the lock can't
    be written.
    """
    with disk_errors():
        folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{collection}.owner.json"
    lock = FileLock(folder / f"{collection}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise _running(collection, _owner(note)) from None
    try:
        with disk_errors():
            note.write_text(json.dumps(_myself()))
        with _everywhere(collection, shared):
            yield
    finally:
        with suppress(OSError):
            note.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _everywhere(collection: str, shared: Database | None) -> Iterator[None]:
    if shared is None or shared.dialect != "postgresql":
        yield
        return
    shared.prepare()
    with shared.advisory_lock(f"load {collection}") as taken:
        if not taken:
            raise _running(collection, "another machine")
        yield


def _myself() -> dict[str, str | int]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": now}


def _owner(note: Path) -> str:
    try:
        said = json.loads(note.read_text())
        return f"process {said['pid']} on {said['host']}, since {said['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"


def _running(collection: str, owner: str) -> LoadRunning:
    return LoadRunning(
        f"A load, a re-embedding or an indexing of '{collection}' runs already ({owner}).",
        hint="Wait until it is done, or stop it; run it again then.",
    )
