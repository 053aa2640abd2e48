"""Catalogs in folders that say a column: 'season=summer/part-0.parquet', as Hive began it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from ingestion.rejects import Rejection
from ingestion.sources.place import Place
from ingestion.sources.source import Record, RecordFile

_NOTHING = "__HIVE_DEFAULT_PARTITION__"

Said = Mapping[str, str | int | None]
"""Values by column; whole numbers without leading zeros are numbers."""


@dataclass(frozen=True)
class PartitionedFile:
    """`file` with the columns that its folders say; a column that it has itself wins."""

    file: RecordFile
    said: Said

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def place(self) -> Place:
        return self.file.place

    @property
    def typed(self) -> bool:
        return self.file.typed

    @property
    def total(self) -> int | None:
        return self.file.total

    def columns(self) -> list[str]:
        return list(dict.fromkeys([*self.file.columns(), *self.said]))

    def records(self) -> Iterator[Record | Rejection]:
        for entry in self.file.records():
            if isinstance(entry, Record):
                yield replace(entry, values={**self.said, **entry.values})
            elif entry.record is not None:
                yield replace(entry, record={**self.said, **entry.record})
            else:
                yield entry


def said_by_folders(below: str) -> Said:
    """What the folders of a file say, by its path below the source."""
    found: dict[str, str | int | None] = {}
    for part in PurePosixPath(below).parts[:-1]:
        column, mark, value = part.partition("=")
        if mark and column:
            found[unquote(column)] = _value(unquote(value))
    return found


def _value(text: str) -> str | int | None:
    if text == _NOTHING:
        return None
    number = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    return int(text) if number and len(text) < 19 else text
