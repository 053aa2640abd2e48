"""Catalogs in Parquet, and in the Arrow files that Hugging Face's `datasets` saves."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError
from ingestion.rejects import Rejection
from ingestion.sources.place import Place
from ingestion.sources.source import Record

_ROWS = 64
"""Rows held at a time: their images are in memory."""
_BUFFER = 2**20


class ParquetFile:
    """A Parquet file, read in small batches; its memory does not grow with its size."""

    typed = True

    def __init__(self, place: Path | Place) -> None:
        self.place = Place.of(place)

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        with self._open() as file:
            return int(file.metadata.num_rows)

    def columns(self) -> list[str]:
        with self._open() as file:
            return [str(name) for name in file.schema_arrow.names]

    def records(self) -> Iterator[Record | Rejection]:
        with self._open() as file:
            batches = file.iter_batches(batch_size=_ROWS, use_threads=False)
            yield from _records(batches, self.name)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with self.place.reading() as stream:
            whole = self.place.whole()
            try:
                # Without pre-buffering: it would hold whole row groups, which may be gigabytes.
                file = pq.ParquetFile(
                    stream if whole is None else pa.BufferReader(whole),
                    pre_buffer=False,
                    buffer_size=_BUFFER,
                )
            except (pa.ArrowException, OSError) as error:
                raise SourceError(
                    f"{self.name} is no Parquet file that can be read: {error}"
                ) from error
            yield file


class ArrowFile:
    """A file of a data set that Hugging Face's `datasets` saved: an Arrow stream.

    Args:
        names: names of the classes by column, for columns that hold their numbers.
    """

    typed = True

    def __init__(
        self, place: Path | Place, names: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.place = Place.of(place)
        self._names = names or {}

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        with self._open() as reader:
            return [str(name) for name in reader.schema.names]

    def records(self) -> Iterator[Record | Rejection]:
        with self._open() as reader:
            pieces = (
                batch.slice(start, _ROWS)
                for batch in reader
                for start in range(0, batch.num_rows, _ROWS)
            )
            for record in _records(pieces, self.name):
                yield Record(record.row, {**record.values, **self._named(record.values)})

    def _named(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The classes' names in place of their numbers; -1 is none."""
        named: dict[str, str | None] = {}
        for column, names in self._names.items():
            number = values.get(column)
            if isinstance(number, int) and 0 <= number < len(names):
                named[column] = names[number]
            else:
                named[column] = None
        return named

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with self.place.reading() as stream:
            try:
                reader = pa.ipc.open_stream(stream)
            except (pa.ArrowException, OSError) as error:
                raise SourceError(f"{self.name} is no Arrow file: {error}") from error
            yield reader


def _records(batches: Iterator[Any], name: str) -> Iterator[Record]:
    row = 0
    try:
        for batch in batches:
            for values in batch.to_pylist():
                row += 1
                yield Record(row, {key: _plain(value) for key, value in values.items()})
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            f"{name} is damaged after row {row:,}: {error}",
            hint="The rows before it were read.",
        ) from error


def _plain(value: Any) -> Any:
    """Values of Arrow types that JSON has no word for, as the nearest plain ones."""
    if isinstance(value, decimal.Decimal):
        exponent = value.as_tuple().exponent  # of the column's type: 10.00 is no integer
        return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)
    if isinstance(value, datetime.time | datetime.timedelta):
        return str(value)
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value
