"""Opens the catalogs of training data: folders, files, datasets."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InvalidItem, SourceError
from ingestion.mapping import ColumnMapping, assign
from ingestion.rejects import Rejection
from ingestion.sources import cells
from ingestion.sources.folder import FolderSource, words
from ingestion.sources.opening import CATALOGS
from ingestion.sources.parquet import ParquetFile
from training.pairs.catalog_settings import Catalog
from training.pairs.image_column import holds_images, image_column
from training.pairs.place import Place
from training.pairs.rows import CellImages, Images, JoinedImages, PathImages, Rows, usable
from training.pairs.skips import Skip

Texts: TypeAlias = dict[str, pa.Array]


@dataclass(frozen=True)
class _Part:
    """One file of a catalog, read."""

    columns: Texts
    images: Images
    numbers: Sequence[int]
    skips: Sequence[Skip]
    roles: Mapping[str, str]
    outside: bool = True


def read_rows(settings: Catalog, columns: Sequence[str | None], place: Place) -> Rows:
    """The catalog with these columns as texts, and those that its settings name themselves.

    A column None stands for nothing; 'id' and 'title' are read, too, as far as the usual names tell
    them.

    Raises SourceError when there is nothing to read, a column is missing (it lists those there
    are), or no row has an image.
    """
    group = settings.split.by if settings.split else None
    own = (settings.product, *settings.facts, *settings.leave_out, group)
    wanted = tuple(dict.fromkeys(column for column in (*columns, *own) if column))
    if settings.dataset is not None:
        from training.pairs.hub import read_dataset  # needs the training extra

        rows = read_dataset(settings, wanted, place)
    else:
        path = place.of(settings.path or "")
        rows = _folder(path, wanted) if path.is_dir() else _files(path, settings, wanted, place)
    rows = left(rows, settings.leave_out)
    if not len(rows.numbers):
        reason = f" The first one: {rows.skips[0].reason}" if rows.skips else ""
        raise SourceError(
            f"{rows.name} has no row that can be used for training.{reason}",
            hint="Check the file, the column of the image, and 'leave_out'.",
        )
    return rows


def left(rows: Rows, leave_out: Mapping[str, tuple[str, ...]]) -> Rows:
    """Without the rows of certain values."""
    kept = np.ones(len(rows.numbers), dtype=bool)
    for column, values in leave_out.items():
        kept &= ~np.isin(np.array(rows.texts(column), dtype=object), list(values))
    return replace(rows, numbers=rows.numbers[kept])


def check_columns(wanted: Sequence[str], there: Sequence[str], source: str) -> None:
    """Raises SourceError for the first column that is not there."""
    for column in wanted:
        if column not in there:
            listed = ", ".join(f"'{name}'" for name in there)
            raise SourceError(
                f"{source} has no column '{column}'.", hint=f"Columns: {listed}.", field=column
            )


def roles_of(settings: Catalog, names: Sequence[str], source: str) -> Mapping[str, str]:
    """Column by role, as for a load: what is named, then the usual names."""
    id_column = getattr(settings, "id", None)
    given = [column for column in (settings.image, id_column) if column]
    check_columns(given, names, source)
    try:
        return assign(names, ColumnMapping(image=settings.image, id=id_column), source).roles
    except SourceError as error:
        if error.field != "image":
            raise
        listed = ", ".join(f"'{name}'" for name in names)
        hint = f"Name it with 'image'. Columns: {listed}."
        raise SourceError(error.message, hint=hint, field="image") from None


def text_of(column: str, value: Any) -> str:
    """A cell as text; whole numbers lose a decimal point that a missing neighbour gave them.

    Raises InvalidItem for what is no text.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return cells.text(column, value)


def _folder(path: Path, wanted: Sequence[str]) -> Rows:
    source = FolderSource(path)
    check_columns(wanted, ("id", "title", "tags", "folder"), str(path))
    paths: list[bytes] = []
    texts: dict[str, list[str]] = {name: [] for name in ("id", "title", "tags", "folder")}
    skips: list[Skip] = []
    for entry in source.entries():
        if isinstance(entry, Rejection):
            skips.append(Skip(source.name, entry.source or source.name, entry.reason))
            continue
        item = entry.item
        paths.append(os.fsencode(item.image.path or path))
        folders = item.tags[-1:]
        row = (item.id, item.title, words(" ".join(item.tags)), *folders, *[""] * (not folders))
        for name, text in zip(texts, row, strict=True):
            texts[name].append(text)
    columns = {name: _strings(column) for name, column in texts.items()}
    images = PathImages(pa.array(paths, pa.binary()))
    return Rows(
        name=source.name,
        columns=columns,
        images=images,
        numbers=np.arange(len(paths)),
        skips=tuple(skips),
        id_column="id",
        title_column="title",
    )


def _files(path: Path, settings: Catalog, wanted: Sequence[str], place: Place) -> Rows:
    files = _expanded(path)
    parts = []
    for file in files:
        reader = CATALOGS.get(file.suffix.lower())
        if reader is None:
            raise SourceError(
                f"{file} is no source of a known kind.",
                hint=f"Give a folder of images, or one of {', '.join(CATALOGS)}.",
            )
        if reader is ParquetFile:
            parts.append(_parquet(file, settings, wanted, place.cache))
        else:
            parts.append(_records(file, settings, wanted))
    rows = _joined(str(path), parts)
    return replace(rows, identity="|".join(identity_of(file) for file in files))


def identity_of(file: Path) -> str:
    """Path, size and time of change of a file."""
    status = file.stat()
    return f"{file.absolute()} {status.st_size} {status.st_mtime_ns}"


def _expanded(path: Path) -> list[Path]:
    if path.exists():
        return [path]
    found = [Path(name) for name in glob.glob(str(path), recursive=True)]  # noqa: PTH207 - absolute
    if not found:
        raise SourceError(
            f"There is nothing at {path}.", hint="Relative paths are from the recipe's folder."
        )
    return sorted(found)


def _joined(name: str, parts: Sequence[_Part]) -> Rows:
    columns = {
        column: pa.chunked_array([part.columns[column] for part in parts], pa.large_string())
        for column in parts[0].columns
        if all(column in part.columns for part in parts)
    }
    starts = np.cumsum([0, *(len(part.images) for part in parts)])
    numbers = [
        np.array(part.numbers, np.int64) + start
        for part, start in zip(parts, starts[:-1], strict=True)
    ]
    images = [part.images for part in parts]
    return Rows(
        name=name,
        columns=columns,
        images=images[0] if len(images) == 1 else JoinedImages(images),
        numbers=np.concatenate(numbers),
        skips=tuple(skip for part in parts for skip in part.skips),
        outside=any(part.outside for part in parts),
        id_column=parts[0].roles.get("id"),
        title_column=parts[0].roles.get("title"),
    )


def needed(wanted: Sequence[str], roles: Mapping[str, str]) -> list[str]:
    """The columns to read as texts: those wanted, and the usual ones that are there."""
    usual = [roles[role] for role in ("id", "title") if role in roles]
    return list(dict.fromkeys((*wanted, *usual)))


def _records(file: Path, settings: Catalog, wanted: Sequence[str]) -> _Part:
    """A CSV, TSV or JSONL file: all in memory, images as what their cells say."""
    reader = CATALOGS[file.suffix.lower()](file)
    names = reader.columns()
    check_columns(wanted, names, str(file))
    roles = roles_of(settings, names, str(file))
    columns_needed = needed(wanted, roles)
    texts: dict[str, list[str]] = {name: [] for name in columns_needed}
    images: list[Any] = []
    skips: list[Skip] = []
    for record in reader.records():
        try:
            if isinstance(record, Rejection):
                raise InvalidItem(record.reason)
            row = [text_of(name, record.values.get(name)) for name in columns_needed]
        except InvalidItem as error:
            skips.append(Skip(str(file), f"{file} row {record.row}", str(error)))
            continue
        images.append(record.values.get(roles["image"]))
        for name, text in zip(columns_needed, row, strict=True):
            texts[name].append(text)
    found = CellImages(images, file.absolute().parent, str(file))
    numbers, bad = usable(found, str(file))
    columns = {name: _strings(column) for name, column in texts.items()}
    return _Part(columns, found, numbers, [*skips, *bad], roles)


def _parquet(file: Path, settings: Catalog, wanted: Sequence[str], cache: Path) -> _Part:
    """A Parquet file: texts in memory; images, where they are in it, on disk."""
    names = ParquetFile(file).columns()
    check_columns(wanted, names, str(file))
    roles = roles_of(settings, names, str(file))
    image = roles["image"]
    kind = pq.read_schema(file).field(image).type
    mapped = holds_images(kind)
    columns_needed = needed(wanted, roles)
    table = pq.read_table(file, columns=[*columns_needed, *([] if mapped else [image])])
    columns = {name: texts_of(name, table.column(name)) for name in columns_needed}
    folder = file.absolute().parent
    if not mapped:
        found = CellImages(table.column(image).to_pylist(), folder, str(file))
        numbers, skips = usable(found, str(file))
        return _Part(columns, found, numbers, skips, roles)
    column = image_column(file, image, cache)
    numbers, skips = filled(column.empty(), str(file))
    images = CellImages(column, folder, str(file))
    return _Part(columns, images, numbers, skips, roles, outside=False)


def filled(empty: Sequence[bool], name: str) -> tuple[list[int], list[Skip]]:
    """The rows with an image's bytes; the others with reasons."""
    rows = [row for row, nothing in enumerate(empty) if not nothing]
    skips = [
        Skip(name, f"{name} row {row + 1}", "The row has no image.")
        for row, nothing in enumerate(empty)
        if nothing
    ]
    return rows, skips


def texts_of(name: str, column: pa.ChunkedArray) -> pa.Array:
    """An Arrow column as texts; '' for nothing and for what is no text (nested values, bytes)."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        whole = column.cast(pa.large_string()).combine_chunks()
        return whole.fill_null("")
    return _strings([_text_or_nothing(name, value) for value in column.to_pylist()])


def _text_or_nothing(name: str, value: Any) -> str:
    try:
        return text_of(name, value)
    except InvalidItem:
        return ""


def _strings(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())
