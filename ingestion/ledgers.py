"""Where the ledgers are: a file for each collection, or the SQL database that replicas share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.engine import URL

from database.engine import Database
from ingestion.duplicates import DuplicateIndex
from ingestion.ledger import Ledger


class Ledgers:
    """The ledgers of all collections. Safe for several threads; close it at the end.

    Args:
        folder: of the files, one for each collection.
        shared: the database of all of them instead, where one is set.
    """

    def __init__(self, folder: Path, shared: Database | None = None) -> None:
        self._folder = folder
        self._shared = shared
        self._files: dict[str, Database] = {}
        self._lock = threading.Lock()

    def of(self, collection: str, generation: str) -> Ledger:
        """The ledger of a generation, made if there is none. Raises DatabaseError."""
        return Ledger(self._database(collection), collection, generation)

    def present(self, collection: str, generation: str) -> Ledger | None:
        """The ledger of a generation; None where nothing was ever loaded into the collection."""
        if self._shared is None and not self._path(collection).exists():
            return None
        return self.of(collection, generation)

    def duplicates(self, collection: str) -> DuplicateIndex:
        """The near-duplicates of a collection, beside its ledger. Raises DatabaseError."""
        return DuplicateIndex(self._database(collection), collection)

    def touch(self, collection: str, generation: str, ids: Sequence[str]) -> None:
        """Note that these items are written to beside the loads, if there ever was a load."""
        ledger = self.present(collection, generation)
        if ledger is not None and ids:
            ledger.touch(ids)

    def drop(self, collection: str) -> None:
        """Forget a collection with all its generations."""
        if self._shared is not None:
            self.of(collection, "").keep_only([])
            self.duplicates(collection).clear()
            return
        with self._lock:
            database = self._files.pop(collection, None)
        if database is not None:
            database.close()
        path = self._path(collection)
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the connections. The shared database is another's. Idempotent."""
        with self._lock:
            for database in self._files.values():
                database.close()
            self._files.clear()

    def _database(self, collection: str) -> Database:
        if self._shared is not None:
            return self._shared
        with self._lock:
            if collection not in self._files:
                url = URL.create("sqlite+pysqlite", database=str(self._path(collection)))
                self._files[collection] = Database(url)
            return self._files[collection]

    def _path(self, collection: str) -> Path:
        return self._folder / f"{collection}.db"
