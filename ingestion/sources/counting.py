"""The how-manieth row of its product a row is."""

from __future__ import annotations

import sqlite3


class Occurrences:
    """Counts names, on disk when they are many. For one thread at a time."""

    def __init__(self) -> None:
        # An empty name is SQLite's private temporary database: in memory until it outgrows that.
        self._counts = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._counts.execute("PRAGMA journal_mode = OFF")
        self._counts.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, n INT) WITHOUT ROWID")

    def close(self) -> None:
        self._counts.close()

    def next(self, name: str) -> int:
        """1 at the first call with `name`, then 2, and so on."""
        row = self._counts.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1 RETURNING n",
            (name,),
        ).fetchone()
        return int(row[0])
