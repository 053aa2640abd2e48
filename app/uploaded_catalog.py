"""A catalog that a person uploads: understood as a load would, before anything is made of it.

No image is opened and nothing is fetched: the paths that it names are those of the person's own
files, not of this machine's.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.errors import SourceError
from core.fields import FieldType, Schema
from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.resuming import SeenIds
from ingestion.sources.catalog import CatalogSource
from ingestion.sources.delimited import DelimitedFile
from ingestion.sources.lines import LinesFile
from ingestion.sources.place import Place
from ingestion.sources.source import Candidate, RecordFile

ENDINGS: Mapping[str, str] = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/x-ndjson": ".jsonl",
}
"""What is understood: the reader's ending by content type."""
_READERS: Mapping[str, Callable[[Place], RecordFile]] = {
    ".csv": DelimitedFile,
    ".tsv": DelimitedFile,
    ".jsonl": LinesFile,
}
MOST_ROWS = 5_000
"""Entries that are read: what has more is for `binocle ingest`."""


@dataclass(frozen=True)
class UploadedCatalog:
    """What was understood.

    Attributes:
        fields: types of the attributes that a collection of it would declare.
        notes: what a person should know of how it was understood; sentences.
        items: as PUT takes them, but with `image_file`, the name of a file, where the catalog names
            one; each with its `row`, from 1.
        problems: entries that can't be used.
        whole: whether nothing was left behind MOST_ROWS.
    """

    fields: Mapping[str, FieldType]
    notes: tuple[str, ...]
    items: tuple[Mapping[str, Any], ...]
    problems: tuple[Rejection, ...]
    whole: bool


def read_catalog(data: bytes, ending: str, schema: Schema | None = None) -> UploadedCatalog:
    """Understand the bytes of a catalog file.

    Args:
        ending: one of ENDINGS' values.
        schema: of the collection it is for, where that exists: its types win over inferred ones.

    Raises SourceError where it can't be read, has no row, or no column that looks like an image.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / f"catalog{ending}"
        path.write_bytes(data)
        file = _READERS[ending](Place(str(path), shown="The catalog"))
        try:
            source = CatalogSource("The catalog", [file], ColumnMapping(), schema)
        except SourceError as error:
            raise _without_options(error) from None
        return _read(source, folder)


def _read(source: CatalogSource, folder: Path) -> UploadedCatalog:
    items: list[Mapping[str, Any]] = []
    problems: list[Rejection] = []
    whole = True
    with closing(SeenIds()) as seen:
        for number, entry in enumerate(source.entries()):
            if number == MOST_ROWS:
                whole = False
                break
            wrong = entry if isinstance(entry, Rejection) else seen.check(entry)
            if wrong is not None:
                problems.append(wrong)
            elif isinstance(entry, Candidate):
                items.append(_item(entry, folder))
    fields, notes = dict(source.attributes), tuple(source.notes)
    return UploadedCatalog(fields, notes, tuple(items), tuple(problems), whole)


def _item(candidate: Candidate, folder: Path) -> dict[str, Any]:
    given = dict(replace(candidate, record=None).given)
    given.pop("image")
    image = candidate.item.image
    if image.url is not None:
        given["image_url"] = image.url
    elif image.data is not None:
        given["image"] = base64.b64encode(image.data).decode()
    else:
        given["image_file"] = str(image.path).removeprefix(f"{folder}{os.sep}")
    return {"row": candidate.row, **given}


def _without_options(error: SourceError) -> SourceError:
    """The error in words for who has no command line."""
    if error.field != "image":
        return error
    _, _, columns = error.hint.partition("Columns: ")
    return SourceError(
        error.message,
        hint="Give the column with the pictures' file names or web addresses the heading 'image'. "
        f"Columns: {columns}",
        field="image",
    )
