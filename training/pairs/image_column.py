"""Image bytes out of Parquet, in a file that is read at any row without reading the others.

Parquet is compressed in groups of thousands of rows; training jumps. So the column of images is
copied once, as it is, into an Arrow file, which is mapped into memory. Only one row is ever loaded.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock

from core.disk import disk_errors
from core.errors import SourceError

_ROWS = 128
"""Rows of a batch: also how many images are in memory while copying."""


class ImageColumn:
    """The column's cells by row. Goes to other processes as a path."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._column: pa.ChunkedArray | None = None

    def __len__(self) -> int:
        return len(self._cells())

    def __getitem__(self, row: int) -> Any:
        return self._cells()[row].as_py()

    def __getstate__(self) -> Path:
        return self._path

    def __setstate__(self, path: Path) -> None:
        self._path = path
        self._column = None

    def empty(self) -> list[bool]:
        """By row, whether there is nothing in it. Reads no image."""
        return [bool(empty) for chunk in self._cells().chunks for empty in empty_cells(chunk)]

    def _cells(self) -> pa.ChunkedArray:
        if self._column is None:
            self._column = pa.ipc.open_file(pa.memory_map(str(self._path))).read_all().column(0)
        return self._column


def holds_images(kind: pa.DataType) -> bool:
    """Whether a column of this type holds images themselves, bare or as Hugging Face writes them.

    Bytes in lists or other shapes are no images.
    """
    if pa.types.is_struct(kind):
        return "bytes" in {part.name for part in kind}
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def image_column(file: Path, column: str, cache: Path) -> ImageColumn:
    """The column of a Parquet file, copied into `cache` unless it is there already.

    The copy's name tells the file's path, size and time of change: a file that changed is copied
    anew. Several processes may ask at once; one copies.

    Raises SourceError when the file is damaged, StorageFull and StoreError when the copy can't be
    written.
    """
    status = file.stat()
    facts = f"{file.absolute()}|{status.st_size}|{status.st_mtime_ns}|{column}"
    key = hashlib.sha256(facts.encode(errors="replace")).hexdigest()[:24]
    target = cache / f"images-{key}.arrow"
    with disk_errors():
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if not target.exists():
                _copy(file, column, target)
    return ImageColumn(target)


def _copy(file: Path, column: str, target: Path) -> None:
    unfinished = target.with_suffix(".unfinished")
    try:
        with pq.ParquetFile(file, pre_buffer=False) as parquet:
            schema = pa.schema([parquet.schema_arrow.field(column)])
            with pa.OSFile(str(unfinished), "wb") as stream, pa.ipc.new_file(stream, schema) as to:
                batches = parquet.iter_batches(_ROWS, columns=[column], use_threads=False)
                for batch in batches:
                    to.write_batch(batch)
    except (pa.ArrowException, UnicodeError) as error:
        unfinished.unlink(missing_ok=True)
        raise SourceError(
            f"{file} is damaged: {error}", hint="Get the file again, or leave it out."
        ) from error
    unfinished.replace(target)


def empty_cells(cells: pa.Array) -> list[bool]:
    """By cell, whether it is null, or of no bytes and no path. Reads no image."""
    if not pa.types.is_struct(cells.type):
        sizes = pc.binary_length(cells)
        return [not size.as_py() for size in sizes]
    known = [part.name for part in cells.type if part.name in ("bytes", "path")]
    # A part without any value has no type of its own in files that were written without a schema.
    parts = [cells.field(name) for name in known if not pa.types.is_null(cells.type[name].type)]
    if not parts:
        return [True] * len(cells)
    lengths = [[length.as_py() for length in pc.binary_length(part)] for part in parts]
    valid = cells.is_valid().to_pylist()
    sizes = zip(*lengths, strict=True)
    return [not there or not any(size) for there, size in zip(valid, sizes, strict=True)]
