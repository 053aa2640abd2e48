"""Vectors kept between tasks and between evaluations."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import StoreError
from encoders.encoder import Encoder


class VectorMemory:
    """Vectors of one encoder while a process lives: tasks over one gallery share them."""

    def __init__(self) -> None:
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def get(self, key: str) -> NDArray[np.float32] | None:
        """float32 (dim,), or None for what was never encoded."""
        return self._vectors.get(key)

    def put(self, vectors: Sequence[tuple[str, NDArray[np.float32]]]) -> None:
        """Keeps the vectors."""
        self._vectors.update(vectors)

    def close(self) -> None:
        """Lets go of them."""
        self._vectors = {}


class VectorFile:
    """Vectors of one encoder on disk, by the hash of what was encoded.

    The file is named by the encoder's fingerprint, so another encoder never meets these vectors.
    Safe to call from several threads.

    Raises StoreError when the file can't be opened or written.
    """

    def __init__(self, directory: Path, encoder: Encoder) -> None:
        self._dim = encoder.dim
        self._path = directory / f"{encoder.fingerprint}.sqlite"
        self._lock = threading.Lock()
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self._path, check_same_thread=False)
            with self._database:
                self._database.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB)"
                )
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        self._database.close()

    def get(self, key: str) -> NDArray[np.float32] | None:
        """float32 (dim,), or None for what was never encoded."""
        try:
            with self._lock:
                found = self._database.execute(
                    "SELECT vector FROM vectors WHERE key = ?", (key,)
                ).fetchone()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if found is None:
            return None
        vector = np.frombuffer(found[0], dtype=np.float32)
        return vector if len(vector) == self._dim else None

    def put(self, vectors: Sequence[tuple[str, NDArray[np.float32]]]) -> None:
        """Keeps the vectors; on disk when it returns."""
        rows = [(key, vector.astype(np.float32).tobytes()) for key, vector in vectors]
        try:
            with self._lock, self._database:
                self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StoreError:
        return StoreError(
            f"The vector cache {self._path} can't be used: {error}.",
            hint="Delete the file, or leave --cache out.",
        )
