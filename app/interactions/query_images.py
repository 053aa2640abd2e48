"""Images that people searched by, kept by their content where that is wanted."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from core.errors import StorageFull

_DIGITS = 64
_SETTLED_SECONDS = 120


class QueryImages:
    """Files named by the SHA-256 of their content, in a folder of the data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path:
        """Where the image is, if it is kept."""
        return self._folder / digest[:2] / digest

    def find(self, digest: str) -> str | None:
        """The path of the image as text; None where it is not kept."""
        path = self.path(digest)
        return str(path.absolute()) if path.exists() else None

    def keep(self, digest: str, data: bytes) -> None:
        """Keep an image, whole or not at all. Raises StorageFull where there is no room."""
        path = self.path(digest)
        if path.exists():
            return
        unfinished = path.with_name(f".{digest}.{os.getpid()}.{threading.get_ident()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_bytes(data)
            unfinished.replace(path)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise StorageFull(f"The image of a query can't be kept: {error}.") from error

    def settled(self) -> list[str]:
        """The digests of those that were kept long enough ago for their searches to be written."""
        until = time.time() - _SETTLED_SECONDS
        found = (path for path in self._folder.glob("??/*") if len(path.name) == _DIGITS)
        return [path.name for path in found if path.stat().st_mtime < until]

    def drop(self, digest: str) -> None:
        """Keep it no more."""
        self.path(digest).unlink(missing_ok=True)
