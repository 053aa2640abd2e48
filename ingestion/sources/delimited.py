"""Catalogs in CSV and TSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from core.errors import SourceError
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.source import Record

_DELIMITERS = ",;\t|"
_LONGEST_CELL = 2**20


class DelimitedFile:
    """A CSV or TSV file in UTF-8 with headings in its first line; a row is named by its line.

    The delimiter is a tab for .tsv; otherwise the one of , ; tab | that the headings hold most of.
    """

    typed = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header: list[str] | None = None

    @property
    def name(self) -> str:
        return str(self._path)

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        if self._header is None:
            self._header = self._read_header()
        return self._header

    def records(self) -> Iterator[Record | Rejection]:
        try:
            yield from self._rows(self.columns())
        except OSError as error:
            raise SourceError(f"Can't read {self.name}: {error.strerror or error}.") from error

    def _rows(self, header: list[str]) -> Iterator[Record | Rejection]:
        with _open(self._path) as stream:
            reader = csv.reader(stream, delimiter=self._delimiter())
            next(reader, None)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield self._rejection(line, f"The row can't be read: {error}.")
                    continue
                if cells:
                    yield self._record(line, header, cells)

    def _record(self, line: int, header: list[str], cells: list[str]) -> Record | Rejection:
        if len(cells) != len(header):
            reason = f"The row has {len(cells)} cells; the header has {len(header)}."
            return self._rejection(line, reason)
        return Record(line, dict(zip(header, cells, strict=True)))

    def _rejection(self, line: int, reason: str) -> Rejection:
        return Rejection(reason, MALFORMED_ROW, line, source=self.name)

    def _delimiter(self) -> str:
        if self._path.suffix.lower() == ".tsv":
            return "\t"
        with _open(self._path) as stream:
            first = stream.readline(_LONGEST_CELL)
        return max(_DELIMITERS, key=first.count)

    def _read_header(self) -> list[str]:
        try:
            with _open(self._path) as stream:
                header = next(csv.reader(stream, delimiter=self._delimiter()), [])
        except OSError as error:
            raise SourceError(f"Can't read {self.name}: {error.strerror or error}.") from error
        except csv.Error as error:
            raise SourceError(f"{self.name} is no CSV: {error}.") from error
        if not any(cell.strip() for cell in header):
            raise SourceError(
                f"{self.name} is empty.", hint="Its first line has to hold the columns' names."
            )
        return [cell.strip() or f"column {place}" for place, cell in enumerate(header, start=1)]


def _open(path: Path) -> TextIO:
    # Bytes that are no UTF-8 pass as surrogates, so that one bad cell rejects one row.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
