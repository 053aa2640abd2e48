"""One owner per generation: the engine allows one process in a shard's directory.

The lock is the operating system's on an open file, so it falls when its process dies, however it
dies. The file beside it that names the owner is for messages only and decides nothing.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import CollectionBusy
from qdrant.pointer import write_atomically

_PATIENCE_S = 0.5
"""How long to wait for a lock that another process may hold just to look inside."""


@dataclass(frozen=True)
class Owner:
    """Who has a generation open."""

    role: str  # what the process is doing, such as "serve"
    pid: int
    host: str
    since: str  # ISO 8601, UTC

    def __str__(self) -> str:
        return f"'{self.role}' (process {self.pid} on {self.host}, since {self.since})"


class Ownership:
    """The right to open the generation in `folder`. Not taken until `acquire`."""

    def __init__(self, folder: Path, collection: str, role: str) -> None:
        self._lock = FileLock(folder / "lock", thread_local=False)
        self._owner_file = folder / "owner.json"
        self._collection = collection
        self._role = role

    def acquire(self) -> None:
        """Raises CollectionBusy, which names the owner, where another process has it."""
        if not self.try_acquire(_PATIENCE_S):
            owner = self.owner()
            raise CollectionBusy(
                f"Collection '{self._collection}' is in use by {owner or 'another process'}.",
                hint="Stop that process, or send the request to it over HTTP.",
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        owner = Owner(self._role, os.getpid(), socket.gethostname(), now)
        write_atomically(self._owner_file, asdict(owner), durable=False)

    def try_acquire(self, patience_s: float = 0.0) -> bool:
        """Take the lock without naming an owner, for a short look; False where it is held."""
        try:
            self._lock.acquire(timeout=patience_s, poll_interval=0.02)
        except Timeout:
            return False
        return True

    def owner(self) -> Owner | None:
        """Who wrote its name last; None where nobody did."""
        try:
            return Owner(**json.loads(self._owner_file.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def release(self) -> None:
        """Idempotent."""
        if self._lock.is_locked:
            with suppress(OSError):  # a folder that was dropped takes the file along
                self._owner_file.unlink(missing_ok=True)
            self._lock.release()
