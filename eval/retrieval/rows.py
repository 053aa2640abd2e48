"""Small tables of an evaluation set: judgments and queries, in CSV, TSV, JSONL or Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import SourceError
from ingestion.rejects import Rejection
from ingestion.sources.opening import CATALOGS
from ingestion.sources.source import RecordFile


@dataclass(frozen=True)
class RowFile:
    """A table on disk."""

    path: Path
    columns: tuple[str, ...]
    file: RecordFile

    def rows(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yields where a row is, for people, and its values by column.

        Raises SourceError for a row that can't be read: here every row counts.
        """
        for record in self.file.records():
            if isinstance(record, Rejection):
                raise SourceError(f"{self.path}, row {record.row}: {record.reason}")
            yield f"row {record.row}", record.values

    def column(self, names: tuple[str, ...], field: str) -> str:
        """The first of `names` that is a column. Raises SourceError where none is."""
        for name in names:
            if name in self.columns:
                return name
        raise SourceError(
            f"{self.path} has no column '{names[0]}'.",
            hint=f"Columns: {', '.join(self.columns)}.",
            field=field,
        )


def read_rows(path: Path) -> RowFile:
    """The table at `path`. Raises SourceError for an unknown kind or a file that can't be read."""
    reader = CATALOGS.get(path.suffix.lower())
    if reader is None:
        raise SourceError(
            f"{path} is no table of a known kind.", hint=f"Known kinds: {', '.join(CATALOGS)}."
        )
    if not path.exists():
        raise SourceError(f"There is no file {path}.")
    file = reader(path)
    return RowFile(path, tuple(file.columns()), file)
