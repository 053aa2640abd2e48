"""Catalogs in Parquet."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError
from ingestion.rejects import Rejection
from ingestion.sources.source import Record

_ROWS = 64
"""Rows held at a time: their images are in memory."""
_BUFFER = 2**20


class ParquetFile:
    """A Parquet file, read in small batches; its memory does not grow with its size."""

    typed = True

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        return str(self._path)

    @property
    def total(self) -> int | None:
        with self._open() as file:
            return int(file.metadata.num_rows)

    def columns(self) -> list[str]:
        with self._open() as file:
            return [str(name) for name in file.schema_arrow.names]

    def records(self) -> Iterator[Record | Rejection]:
        row = 0
        with self._open() as file:
            try:
                for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
                    for values in batch.to_pylist():
                        row += 1
                        yield Record(row, {key: _plain(value) for key, value in values.items()})
            except (pa.ArrowException, OSError) as error:
                raise SourceError(
                    f"{self.name} is damaged after row {row:,}: {error}",
                    hint="The rows before it were read.",
                ) from error

    def _open(self) -> Any:
        try:
            # Without pre-buffering: it would hold whole row groups, which may be gigabytes.
            return pq.ParquetFile(self._path, pre_buffer=False, buffer_size=_BUFFER)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(
                f"{self.name} is no Parquet file that can be read: {error}"
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
