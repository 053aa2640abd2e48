"""The ids of a source: what comes twice is refused, and what does not come is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ingestion.rejects import DUPLICATE_ID, Rejection
from ingestion.sources.source import Candidate

_AT_ONCE = 500


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
        _, twice = self.sift([candidate])
        return twice[0] if twice else None

    def sift(
        self, entries: Sequence[Candidate | Rejection]
    ) -> tuple[list[Candidate], list[Rejection]]:
        """Of entries in their order: the candidates whose ids were not seen before, and the
        rejections of those whose were. Remembers the ids of all, also of what was rejected before.
        """
        known = self._places([each for each in map(_id_of, entries) if each is not None])
        new: dict[str, str] = {}
        first, twice = [], []
        for entry in entries:
            item_id = _id_of(entry)
            before = item_id and (known.get(item_id) or new.get(item_id))
            if isinstance(entry, Rejection):
                if item_id is not None and before is None:
                    new[item_id] = "a rejected row"
            elif before is None:
                new[entry.item.id] = f"row {entry.row:,} of {entry.source}"
                first.append(entry)
            else:
                twice.append(_twice(entry, before))
        self._ids.executemany("INSERT INTO seen VALUES (?, ?)", new.items())
        return first, twice

    def among(self, ids: Sequence[str]) -> set[str]:
        """Those of `ids` that the source has."""
        return set(self._places(ids))

    def _places(self, ids: Sequence[str]) -> dict[str, str]:
        """Where those of `ids` that were seen were first seen."""
        found: dict[str, str] = {}
        for start in range(0, len(ids), _AT_ONCE):
            part = ids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._ids.execute(
                f"SELECT id, place FROM seen WHERE id IN ({marks})",  # noqa: S608 - marks only
                part,
            )
            found.update(rows.fetchall())
        return found


def _id_of(entry: Candidate | Rejection) -> str | None:
    return entry.id if isinstance(entry, Rejection) else entry.item.id


def _twice(candidate: Candidate, before: str) -> Rejection:
    return Rejection(
        f"The id is that of {before}, too; that one counts.",
        DUPLICATE_ID,
        candidate.row,
        candidate.item.id,
        "id",
        candidate.source,
        candidate.given,
    )
