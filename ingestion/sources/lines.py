"""Catalogs in JSONL: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import SourceError
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.source import Record

SAMPLE = 1000
"""Lines that are read to learn the columns."""


class LinesFile:
    """A JSONL file. Its columns are the keys of the first 1,000 objects; empty lines don't count.

    A line that is no JSON object, or has a key that is no column, is rejected by its number.
    """

    typed = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: dict[str, None] | None = None

    @property
    def name(self) -> str:
        return str(self._path)

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
                    "Put a line that has it at the top."
                )
                yield Rejection(reason, MALFORMED_ROW, number, None, strange[0], self.name)
            else:
                yield Record(number, value)

    def _known(self) -> dict[str, None]:
        if self._columns is None:
            columns: dict[str, None] = {}
            for number, value in self._lines():
                if number > SAMPLE:
                    break
                if not isinstance(value, Rejection):
                    columns |= dict.fromkeys(value)
            if not columns:
                raise SourceError(
                    f"{self.name} holds no JSON object in its first {SAMPLE:,} lines.",
                    hint='Each line has to be an object such as {"id": "1", "image": "1.jpg"}.',
                )
            self._columns = columns
        return self._columns

    def _lines(self) -> Iterator[tuple[int, dict[str, Any] | Rejection]]:
        try:
            with self._path.open("rb") as stream:
                for number, line in enumerate(stream, start=1):
                    if line.strip():
                        yield number, self._parse(number, line)
        except OSError as error:
            raise SourceError(f"Can't read {self.name}: {error.strerror or error}.") from error

    def _parse(self, number: int, line: bytes) -> dict[str, Any] | Rejection:
        try:
            value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            reason = f"The line is not JSON: {error}."
            return Rejection(reason, MALFORMED_ROW, number, source=self.name)
        if isinstance(value, dict):
            return value
        reason = f"The line is {type(value).__name__} in JSON, not an object."
        return Rejection(reason, MALFORMED_ROW, number, source=self.name)
