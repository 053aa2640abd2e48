"""Catalogs in JSONL: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import SourceError
from core.fields import field_name
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.place import Place, buffered
from ingestion.sources.source import Record

SAMPLE = 1000
"""Lines that are read to learn the columns."""
_LONGEST = 2**26
"""Bytes of a line: an image as base64 is in it."""
_SHOWN = 10_000


class LinesFile:
    """A JSONL file. Its columns are the keys of the first 1,000 objects; empty lines don't count.

    A line that is no JSON object, or has a key that is no column, is rejected by its number.

    Args:
        columns: the columns, where they are known before.
        also: columns beside those of the first lines, unless one of these makes the same field.
    """

    typed = True

    def __init__(
        self,
        place: Path | Place,
        columns: Iterable[str] | None = None,
        also: Iterable[str] = (),
    ) -> None:
        self.place = Place.of(place)
        self._also = tuple(also)
        self._columns = None if columns is None else dict.fromkeys(columns)

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        return list(self._known())

    def records(self) -> Iterator[Record | Rejection]:
        columns = self._known()
        for number, value in self._lines():
            if isinstance(value, Rejection):
                yield value
            elif strange := sorted(set(value) - set(columns)):
                reason = (
                    f"The key '{strange[0]}' is not among those of the first {SAMPLE:,} lines. "
                    "Name it in the mapping, as a field or to be ignored."
                )
                yield Rejection(
                    reason, MALFORMED_ROW, number, None, strange[0], self.name, record=value
                )
            else:
                yield Record(number, value)

    def _known(self) -> dict[str, None]:
        if self._columns is None:
            columns: dict[str, None] = {}
            wrong: Rejection | None = None
            for number, value in self._lines():
                if number > SAMPLE:
                    break
                if isinstance(value, Rejection):
                    wrong = wrong or value
                else:
                    columns |= dict.fromkeys(value)
            if not columns:
                raise self._none_found(wrong)
            self._columns = with_others(columns, self._also)
        return self._columns

    def _none_found(self, wrong: Rejection | None) -> SourceError:
        """What to tell of a file without objects, whose first bad line is `wrong`."""
        told = f"{self.name} holds no JSON object in its first {SAMPLE:,} lines."
        if wrong is None:
            return SourceError(told)
        hint = 'Each line has to be an object such as {"id": "1", "image": "1.jpg"}.'
        if (wrong.raw or "").lstrip().startswith("["):
            hint += " Of a JSON array, `jq -c '.[]' array.json` makes such lines."
        return SourceError(f"{told} Line {wrong.row}: {wrong.reason}", hint=hint)

    def _lines(self) -> Iterator[tuple[int, dict[str, Any] | Rejection]]:
        with self.place.reading() as raw:
            for number, line in enumerate(_bounded(raw), start=1):
                if line.strip():
                    yield number, self._parse(number, line)

    def _parse(self, number: int, line: bytes) -> dict[str, Any] | Rejection:
        if len(line) > _LONGEST:
            reason = f"The line has more than {_LONGEST:,} bytes."
            return Rejection(reason, MALFORMED_ROW, number, source=self.name)
        try:
            value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            return self._refused(number, f"The line is not JSON: {error}.", line)
        if isinstance(value, dict):
            return value
        reason = f"The line is {type(value).__name__} in JSON, not an object."
        return self._refused(number, reason, line)

    def _refused(self, number: int, reason: str, line: bytes) -> Rejection:
        raw = line[:_SHOWN].decode("utf-8", "backslashreplace").rstrip("\r\n")
        return Rejection(reason, MALFORMED_ROW, number, source=self.name, raw=raw)


def with_others(found: Iterable[str], also: Iterable[str]) -> dict[str, None]:
    """The columns found, and those beside them that make another field."""
    columns = dict.fromkeys(found)
    fields = {field_name(column) for column in columns}
    return columns | {name: None for name in also if field_name(name) not in fields}


def _bounded(raw: BinaryIO) -> Iterator[bytes]:
    """Lines; of one that is too long, a little more than the limit."""
    stream = buffered(raw)
    while line := stream.readline(_LONGEST + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > _LONGEST // 2:
            rest = stream.readline(_LONGEST + 1)
        yield line
