"""Catalogs in CSV and TSV."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import SourceError
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.folder import printable
from ingestion.sources.place import Place, buffered
from ingestion.sources.source import Record

_DELIMITERS = ",;\t|"
_LONGEST_CELL = 2**20
_LONGEST_LINE = 2**24
"""Characters; a cell may hold an image as a data: URL."""
_MOST_LINES = 5_000
"""Of one row: a quote that is never closed costs no more than reading these."""
_SHOWN = 10_000
"""Characters of a broken row that a rejection keeps."""
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*')
"""What Excel writes above the headings."""
_QUOTED = re.compile(r'"[^"]*"')
_ODD = "binocle-odd-bytes"
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class DelimitedFile:
    """A CSV or TSV file with headings in its first line; a row is named by its line.

    The delimiter is a tab for .tsv; otherwise the one of , ; tab | that the headings hold most of.
    A row with a quote that is never closed is rejected alone: the rows behind it are read. Rows
    without any value don't count.

    Args:
        encoding: of the text; None is UTF-16 where the file is marked as that, or else UTF-8.
    """

    typed = False

    def __init__(self, place: Path | Place, encoding: str | None = None) -> None:
        self.place = Place.of(place)
        self._encoding = encoding
        self._header: list[str] | None = None
        self._delimiter = ","
        self._above = 0  # lines above the headings

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        if self._header is None:
            self._header = self._read_header()
        return self._header

    def records(self) -> Iterator[Record | Rejection]:
        header = self.columns()
        with self._text() as stream:
            lines = _Lines(stream)
            reader = csv.reader(lines, delimiter=self._delimiter, strict=True)
            for _ in range(self._above):
                next(lines, "")
            _next(reader, lines)
            while True:
                lines.start()
                cells, error = _next(reader, lines)
                if error:
                    cells, error = self._mended(lines, header, error)
                if error:
                    yield self._rejection(lines, f"The row can't be read: {error}.")
                elif cells is None:
                    return
                elif any(cell and not cell.isspace() for cell in cells):
                    yield self._record(lines, header, cells)

    def _mended(self, lines: _Lines, header: list[str], error: str) -> tuple[list[str] | None, str]:
        """The first line of what could not be read, by laxer rules; the others are read again."""
        lines.only_first()
        line = lines.taken[0] if lines.taken else ""
        if line.count('"') % 2 == 0:
            try:
                cells = next(csv.reader([line], delimiter=self._delimiter), [])
            except csv.Error:
                return None, error
            if len(cells) == len(header):
                return cells, ""
            return None, error
        return None, "it has a quote that is not closed"

    def _record(self, lines: _Lines, header: list[str], cells: list[str]) -> Record | Rejection:
        if len(cells) != len(header):
            reason = f"The row has {len(cells)} cells; the header has {len(header)}."
            return self._rejection(lines, reason)
        return Record(lines.first, dict(zip(header, cells, strict=True)))

    def _rejection(self, lines: _Lines, reason: str) -> Rejection:
        raw = "".join(lines.taken)[:_SHOWN].rstrip("\r\n")
        return Rejection(reason, MALFORMED_ROW, lines.first, source=self.name, raw=raw)

    def _read_header(self) -> list[str]:
        with self._text() as stream:
            first = stream.readline(_LONGEST_CELL)
            declared = _SEPARATOR.fullmatch(first.removeprefix("\ufeff"))
            if declared:
                self._above = 1
                first = stream.readline(_LONGEST_CELL)
            self._delimiter = declared[1] if declared else self._guessed(first)
            lines = _Lines(stream, first)
            header, error = _next(csv.reader(lines, delimiter=self._delimiter), lines)
        if error:
            raise SourceError(f"{self.name} is no CSV: {error}.")
        if not header or not any(cell.strip() for cell in header):
            raise SourceError(
                f"{self.name} is empty.", hint="Its first line has to hold the columns' names."
            )
        header[0] = header[0].removeprefix("\ufeff")
        self._check(header)
        return [cell.strip() or f"column {place}" for place, cell in enumerate(header, start=1)]

    def _guessed(self, first: str) -> str:
        if self.place.ending == ".tsv":
            return "\t"
        return max(_DELIMITERS, key=_QUOTED.sub("", first).count)

    def _check(self, header: list[str]) -> None:
        """Raises SourceError where the headings are no text, at least not in this encoding."""
        line = self._delimiter.join(header)
        if "\0" in line:
            raise SourceError(
                f"{self.name} is no text, or in another encoding: its headings hold null "
                f"characters: {printable(line)[:80]}.",
                hint="UTF-16 without a mark is --encoding utf-16-le.",
            )
        try:
            line.encode()
        except UnicodeEncodeError:
            raise SourceError(
                f"The headings of {self.name} are not UTF-8, or not in the encoding that was "
                f"named: {printable(line)[:80]}.",
                hint="Save the catalog as UTF-8, or name its encoding, such as --encoding cp1252.",
            ) from None

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        with self.place.reading() as raw:
            stream = buffered(raw)
            encoding = self._encoding or _MARKS.get(stream.peek(2)[:2], "utf-8-sig")
            csv.field_size_limit(_LONGEST_LINE)  # of the whole process; it is 131,072 by itself
            # Bytes that stand for nothing pass as surrogates: one bad cell rejects one row.
            codecs.register_error(_ODD, _as_surrogates)
            try:
                yield io.TextIOWrapper(stream, encoding=encoding, errors=_ODD, newline="")
            except LookupError:
                raise SourceError(
                    f"There is no encoding '{encoding}'.", hint="Such as utf-8, latin-1, cp1252."
                ) from None


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    """As 'surrogateescape' does it, for every encoding."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    odd = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in odd), error.end


class _Lines:
    """Lines for a csv.reader, which remembers those of the present row and can give them again."""

    def __init__(self, stream: io.TextIOWrapper, *before: str) -> None:
        self._stream = stream
        self._waiting = deque(before)
        self._read = 0
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _MOST_LINES:
            raise csv.Error(f"it goes over {_MOST_LINES:,} lines")
        line = self._waiting.popleft() if self._waiting else self._stream.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self._read += 1
        self.taken.append(line)
        return line

    @property
    def first(self) -> int:
        """Number of the row's first line, from 1."""
        return self._read - len(self.taken) + 1

    def start(self) -> None:
        """A new row."""
        self.taken.clear()

    def only_first(self) -> None:
        """The row is its first line alone; the others come again."""
        again = self.taken[1:]
        del self.taken[1:]
        self._waiting.extendleft(reversed(again))
        self._read -= len(again)


def _next(reader: Iterator[list[str]], lines: _Lines) -> tuple[list[str] | None, str]:
    """The next row, None at the end; or what is wrong with it."""
    try:
        return next(reader), ""
    except StopIteration:
        return None, ""
    except csv.Error as error:
        return None, str(error) if lines.taken else ""
