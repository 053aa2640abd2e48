"""The ids of a source: what comes twice is refused, and what does not come is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ingestion.rejects import DUPLICATE_ID, Rejection
from ingestion.sources.source import Candidate


class SeenIds:
    """The ids of a source with the rows they were first seen in, on disk when they are many.

    For one thread at a time.
    """

    def __init__(self) -> None:
        # An empty name is SQLite's private temporary database: in memory until it outgrows that.
        self._ids = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._ids.execute("PRAGMA journal_mode = OFF")
        self._ids.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, place TEXT) WITHOUT ROWID")

    def close(self) -> None:
        self._ids.close()

    def check(self, candidate: Candidate) -> Rejection | None:
        """The rejection of an id that was seen before; otherwise remembers it."""
        place = f"row {candidate.row:,} of {candidate.source}"
        added = self._ids.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", (candidate.item.id, place)
        ).rowcount
        if added:
            return None
        found = self._ids.execute("SELECT place FROM seen WHERE id = ?", (candidate.item.id,))
        reason = f"The id is that of {found.fetchone()[0]}, too; that one counts."
        return Rejection(
            reason,
            DUPLICATE_ID,
            candidate.row,
            candidate.item.id,
            "id",
            candidate.source,
            candidate.given,
        )

    def note(self, item_id: str) -> None:
        """Remember an id that the source has, of an entry that is of no use."""
        self._ids.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (item_id, "a rejected row"))

    def among(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids`, 500 at most, that the source has."""
        marks = ",".join("?" * len(ids))
        rows = self._ids.execute(f"SELECT id FROM seen WHERE id IN ({marks})", list(ids))  # noqa: S608 - marks only
        return {str(row[0]) for row in rows}
