"""Rejects of an earlier load, mended, as a source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import SourceError
from ingestion.rejects import DUPLICATE_ID, MALFORMED_ROW, Rejection
from ingestion.sources.lines import LinesFile
from ingestion.sources.place import Place
from ingestion.sources.source import Record

_MARKS = frozenset({"row", "id", "field", "reason", "kind", "source"})


class RejectedFile:
    """A rejects file. A line's `record` is the row; paths in it are beside its `source`, as before.

    A line without a record, and a repeated id that still is that, are rejected again.
    """

    typed = False  # what was a text cell in CSV is one here

    def __init__(self, place: Path | Place) -> None:
        self.place = Place.of(place)
        self._lines = LinesFile(self.place, {*_MARKS, "record", "raw"})

    @staticmethod
    def is_one(place: Place) -> bool:
        """Whether the file's first line is a reject."""
        with place.reading() as stream:
            try:
                first = json.loads(stream.readline())
            except ValueError:
                return False
        return isinstance(first, dict) and set(first) >= _MARKS

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        columns: dict[str, None] = {}
        for entry in self.records():
            if isinstance(entry, Record):
                columns |= dict.fromkeys(entry.values)
        if not columns:
            raise SourceError(
                f"No line of {self.name} has a record to load.",
                hint='Put the mended row into its "record", as {"column": value, ...}.',
            )
        return list(columns)

    def records(self) -> Iterator[Record | Rejection]:
        for line in self._lines.records():
            yield line if isinstance(line, Rejection) else self._mended(line)

    def _mended(self, line: Record) -> Record | Rejection:
        record = line.values.get("record")
        if not isinstance(record, Mapping) or not record:
            return self._again(line)
        known = _text(line.values.get("id"))
        taken = known if line.values.get("kind") == DUPLICATE_ID else None
        source = line.values.get("source")
        before = Place(source) if isinstance(source, str) else self.place
        return Record(line.row, record, before, known, taken)

    def _again(self, line: Record) -> Rejection:
        values = line.values
        record = values.get("record")
        return Rejection(
            "The line has no record to load.",
            MALFORMED_ROW,
            line.row,
            _text(values.get("id")),
            _text(values.get("field")),
            _text(values.get("source")),
            record if isinstance(record, Mapping) else None,
            _text(values.get("raw")),
        )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
