"""Backups of a collection that any engine can be restored from, in a folder or at an fsspec URL.

manifest.json          written last: without it there is no backup
points-00000.parquet   id, payload (JSON), a column of float32 for each vector, and for each sparse
                       one a column of indices and one of values
...
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, Any, Literal, ParamSpec, TypeVar

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import SourceError, StoreError
from qdrant.config_json import config_as_json, config_from_json
from qdrant.copying import Progress, batches
from qdrant.store import CollectionConfig, Generation, Point, SparseVector

_P = ParamSpec("_P")
_R = TypeVar("_R")
_FORMAT = 1
_PER_FILE = 10_000
_BATCH = 500
_MANIFEST = "manifest.json"
_VECTOR = "vector:"
_INDICES, _VALUES = "indices:", "values:"


@dataclass(frozen=True)
class File:
    """One file of a backup."""

    name: str
    points: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    collection: str
    generation: str
    created: str  # ISO 8601, UTC
    config: CollectionConfig
    files: tuple[File, ...]

    @property
    def count(self) -> int:
        return sum(file.points for file in self.files)


def _told(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """Tell what goes wrong with files and their protocols as ours."""

    @functools.wraps(call)
    def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return call(*args, **kwargs)
        except ImportError as error:
            raise SourceError(f"This kind of address needs a package more: {error}.") from error
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise SourceError(f"The backup can't be used: {error}.") from error

    return guarded


class Backup:
    """The backup at `address`: a folder, or a URL such as s3://bucket/shop."""

    @_told
    def __init__(self, address: str) -> None:
        self.address = address
        self._files, root = fsspec.core.url_to_fs(address)
        self._root = root.rstrip("/")

    @_told
    def exists(self) -> bool:
        """Whether there is a whole backup."""
        return bool(self._files.exists(self._path(_MANIFEST)))

    @_told
    def manifest(self) -> Manifest:
        """Raises SourceError where there is none, or it is damaged or of a later format."""
        if not self.exists():
            raise SourceError(f"There is no backup at {self.address}.", hint="Check the address.")
        data = json.loads(self._files.cat_file(self._path(_MANIFEST)))
        if data["format"] > _FORMAT:
            raise ValueError(f"format {data['format']} is of a later Binocle")
        return Manifest(
            collection=data["collection"],
            generation=data["generation"],
            created=data["created"],
            config=config_from_json(data["config"]),
            files=tuple(File(**file) for file in data["files"]),
        )

    def write(self, source: Generation, on_progress: Progress | None = None) -> Manifest:
        """Write all points of `source`. Raises SourceError, StoreError."""
        if self.exists():
            raise SourceError(
                f"There is a backup at {self.address} already.", hint="Give another address."
            )
        total, done = source.count(), 0
        files = []
        for number, ids in enumerate(batches(source.ids(), _PER_FILE)):
            points = [
                point
                for part in batches(ids, _BATCH)
                for point in source.retrieve(part, with_vectors=True)
            ]
            files.append(self._write_file(f"points-{number:05}.parquet", points, source.config))
            done += len(points)
            if on_progress:
                on_progress(done, total)
        if done != source.count():
            raise StoreError(
                f"The collection was written to meanwhile: {done:,} of {source.count():,} items "
                "were saved.",
                hint="Run it again at a quiet time.",
            )
        return self._write_manifest(source, tuple(files))

    def points(self, manifest: Manifest) -> Iterator[list[Point]]:
        """The points, in batches. Raises SourceError for a file that is not what was written."""
        for file in manifest.files:
            yield from batches(self._read_file(file, manifest.config), _BATCH)  # type: ignore[misc]

    @_told
    def has(self, name: str) -> bool:
        """Whether there is a file of that name beside the points."""
        return bool(self._files.exists(self._path(name)))

    @_told
    def open_extra(self, name: str, mode: Literal["rb", "wb"]) -> IO[bytes]:
        """A file beside the points, to be read or written as a stream."""
        if mode == "wb":
            self._files.makedirs(self._root, exist_ok=True)
        stream: IO[bytes] = self._files.open(self._path(name), mode)
        return stream

    @_told
    def _write_file(self, name: str, points: list[Point], config: CollectionConfig) -> File:
        columns: dict[str, Any] = {
            "id": pa.array([point.id for point in points], pa.string()),
            "payload": pa.array(
                [json.dumps(point.payload, ensure_ascii=False) for point in points], pa.string()
            ),
        }
        for vector, dim in config.vectors.items():
            flat = np.concatenate([point.vectors[vector] for point in points])
            columns[_VECTOR + vector] = pa.FixedSizeListArray.from_arrays(pa.array(flat), dim)
        for sparse in config.sparse:
            rows = [point.sparse.get(sparse, SparseVector()) for point in points]
            indices, values = pa.list_(pa.uint32()), pa.list_(pa.float32())
            columns[_INDICES + sparse] = pa.array([row.indices for row in rows], indices)
            columns[_VALUES + sparse] = pa.array([row.values for row in rows], values)
        stream = io.BytesIO()
        pq.write_table(pa.table(columns), stream, compression="zstd")
        data = stream.getvalue()
        self._put(name, data)
        return File(name, len(points), hashlib.sha256(data).hexdigest())

    @_told
    def _read_file(self, file: File, config: CollectionConfig) -> list[Point]:
        data = bytes(self._files.cat_file(self._path(file.name)))
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise ValueError(f"{file.name} is not what was written")
        table = pq.read_table(io.BytesIO(data))
        vectors = {
            name: table.column(_VECTOR + name)
            .combine_chunks()
            .flatten()
            .to_numpy(zero_copy_only=False)
            .reshape(-1, dim)
            for name, dim in config.vectors.items()
        }
        sparse = {name: _sparse_rows(table, name) for name in config.sparse}
        ids, payloads = table.column("id").to_pylist(), table.column("payload").to_pylist()
        return [
            Point(
                item,
                {name: rows[row] for name, rows in vectors.items()},
                json.loads(payload),
                {name: rows[row] for name, rows in sparse.items() if rows[row].indices},
            )
            for row, (item, payload) in enumerate(zip(ids, payloads, strict=True))
        ]

    @_told
    def _write_manifest(self, source: Generation, files: tuple[File, ...]) -> Manifest:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(source.collection, source.name, now, source.config, files)
        document = {
            "format": _FORMAT,
            "collection": manifest.collection,
            "generation": manifest.generation,
            "created": manifest.created,
            "config": config_as_json(manifest.config),
            "files": [asdict(file) for file in files],
        }
        self._put(_MANIFEST, json.dumps(document, indent=1).encode())
        return manifest

    def _put(self, name: str, data: bytes) -> None:
        self._files.makedirs(self._root, exist_ok=True)
        self._files.pipe_file(self._path(name), data)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _sparse_rows(table: pa.Table, name: str) -> list[SparseVector]:
    pairs = zip(
        table.column(_INDICES + name).to_pylist(),
        table.column(_VALUES + name).to_pylist(),
        strict=True,
    )
    return [SparseVector(tuple(indices), tuple(values)) for indices, values in pairs]
