"""Catalogs in Parquet, and in the Arrow files that Hugging Face's `datasets` saves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError
from ingestion.rejects import Rejection
from ingestion.sources.arrow_values import ClassNames, class_names_of, records
from ingestion.sources.place import Place
from ingestion.sources.source import Record

_ROWS = 64
"""Rows held at a time: their images are in memory."""
_BUFFER = 2**20
_FILE = b"ARROW1"
"""What an Arrow file begins with, and a stream does not."""


class ParquetFile:
    """A Parquet file, read in small batches; its memory does not grow with its size.

    Numbers of classes become their names where Hugging Face's `datasets` wrote the file.
    """

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
            yield from records(batches, self.name, class_names_of(file.schema_arrow))

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
    """Arrow: a stream, as Hugging Face's `datasets` saves one, or a file (Feather).

    Args:
        names: of classes; None takes those that the file itself says.
    """

    typed = True

    def __init__(self, place: Path | Place, names: ClassNames | None = None) -> None:
        self.place = Place.of(place)
        self._names = names

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def total(self) -> int | None:
        return None

    def columns(self) -> list[str]:
        with self._open() as (schema, _):
            return [str(name) for name in schema.names]

    def records(self) -> Iterator[Record | Rejection]:
        with self._open() as (schema, batches):
            pieces = (
                batch.slice(start, _ROWS)
                for batch in batches
                for start in range(0, batch.num_rows, _ROWS)
            )
            names = class_names_of(schema) if self._names is None else self._names
            yield from records(pieces, self.name, names)

    @contextmanager
    def _open(self) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        whole = self.place.whole()
        with self.place.reading() as raw:
            stream = raw if whole is None else pa.BufferReader(whole)
            try:
                random = stream.read(len(_FILE)) == _FILE
                stream.seek(0)
                reader = pa.ipc.open_file(stream) if random else pa.ipc.open_stream(stream)
            except (pa.ArrowException, OSError) as error:
                raise SourceError(f"{self.name} is no Arrow file: {error}") from error
            yield reader.schema, _batches(reader) if random else iter(reader)


def _batches(reader: pa.RecordBatchFileReader) -> Iterator[pa.RecordBatch]:
    return (reader.get_batch(place) for place in range(reader.num_record_batches))
