"""Images that are sent while a collection is re-embedded: kept until the switch, as the new encoder
is to see what the old one saw."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from core.disk import disk_errors

_SHA256 = re.compile("[0-9a-f]{64}")


class Originals:
    """Files by their SHA-256 in `folder`, which is there while a re-embedding is under way.

    Safe for several threads and processes: one that writes items and one that re-embeds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> None:
        """From now on images are kept. Raises StorageFull and StoreError."""
        with disk_errors():
            self._folder.mkdir(parents=True, exist_ok=True)

    def add(self, sha256: str, data: bytes) -> None:
        """Keeps an image if one is to be kept. Raises StorageFull and StoreError."""
        path = self._folder / sha256
        if not self._folder.is_dir() or path.exists():
            return
        with disk_errors():
            try:
                handle, part = tempfile.mkstemp(dir=self._folder, suffix=".part")
            except FileNotFoundError:  # closed in this moment
                return
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            with contextlib.suppress(FileNotFoundError):
                Path(part).replace(path)

    def has(self, sha256: str) -> bool:
        """Whether the image with this SHA-256 was kept."""
        return bool(_SHA256.fullmatch(sha256)) and (self._folder / sha256).is_file()

    def read(self, sha256: str) -> bytes | None:
        """The image with this SHA-256; None where it was not kept."""
        try:
            return (self._folder / sha256).read_bytes() if self.has(sha256) else None
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Forgets all of them, and keeps no more. Idempotent."""
        shutil.rmtree(self._folder, ignore_errors=True)
