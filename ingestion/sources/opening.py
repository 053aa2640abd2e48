"""Tells by a path what kind of source it is."""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from core.errors import SourceError
from core.fields import Schema
from ingestion.mapping import ColumnMapping
from ingestion.sources.catalog import CatalogSource
from ingestion.sources.delimited import DelimitedFile
from ingestion.sources.folder import FilesSource, FolderSource, is_image, printable
from ingestion.sources.lines import LinesFile
from ingestion.sources.parquet import ParquetFile
from ingestion.sources.source import RecordFile, Source

CATALOGS: Mapping[str, Callable[[Path], RecordFile]] = MappingProxyType(
    {
        ".csv": DelimitedFile,
        ".tsv": DelimitedFile,
        ".jsonl": LinesFile,
        ".ndjson": LinesFile,
        ".parquet": ParquetFile,
    }
)
"""Readers of catalog files by the endings of their names."""


def open_source(
    path_or_glob: str | Path, mapping: ColumnMapping | None = None, schema: Schema | None = None
) -> Source:
    """The source at a path: a folder of images, a catalog, an image, or a pattern of the last two.

    `schema` is that of the collection to load into, where it exists: its types win over inferred
    ones.

    Raises SourceError when there is nothing, it is of no known kind, or it can't be read.
    """
    text = str(path_or_glob)
    path = Path(text).expanduser()
    if path.is_dir():
        if mapping is not None and (mapping.named or mapping.fields):
            raise SourceError(
                f"{printable(text)} is a folder of images: it has no columns to map.",
                hint="Map columns of a CSV, TSV, JSONL or Parquet file.",
            )
        return FolderSource(path)
    files = [path] if path.exists() else _expanded(str(path))
    if not files:
        raise SourceError(f"There is nothing at {printable(text)}.", hint="Check the path.")
    endings = {file.suffix.lower() for file in files}
    if all(is_image(file.name) for file in files):
        return FilesSource(text, files)
    reader = CATALOGS.get(next(iter(endings))) if len(endings) == 1 else None
    if reader is None:
        raise SourceError(
            f"{printable(text)} is no source of a known kind ({', '.join(sorted(endings))}).",
            hint=f"Give a folder of images, or files of one kind: {', '.join(CATALOGS)}.",
        )
    name = str(files[0]) if len(files) == 1 else text
    readers = [reader(file) for file in files]
    return CatalogSource(name, readers, mapping or ColumnMapping(), schema)


def _expanded(pattern: str) -> list[Path]:
    if not glob.has_magic(pattern):
        return []
    return sorted(Path(found) for found in glob.glob(pattern, recursive=True))  # noqa: PTH207 - may be absolute
