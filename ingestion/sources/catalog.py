"""A source made of one or several catalog files of one kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from core.errors import InvalidItem, SourceError
from core.fields import FieldType, Schema, coerce, infer_type
from ingestion.mapping import ColumnMapping, Columns, assign
from ingestion.rejects import Rejection
from ingestion.sources import cells
from ingestion.sources.counting import Occurrences
from ingestion.sources.rows import Rows
from ingestion.sources.source import Candidate, Record, RecordFile

SAMPLE = 1000
"""Rows from which the types of the attributes are inferred."""
_LONGEST = 4096
"""Characters of a value that are looked at to infer a type."""
_FEW = 0.05
"""Share of a column's values that look like mistakes where all others are of another type."""


class CatalogSource:
    """Items from catalog files that share their columns and their mapping.

    Types of attributes are those of `mapping.fields`, then those of `schema` (of the collection, if
    it exists already), then inferred from the first 1,000 rows; a later row whose value does not
    fit is rejected. Relative image paths are below the file's own folder.

    Raises SourceError when a file can't be read, a column is missing, or there is no row.
    """

    def __init__(
        self,
        name: str,
        files: Sequence[RecordFile],
        mapping: ColumnMapping,
        schema: Schema | None = None,
    ) -> None:
        self._name = name
        self._files = files
        self._columns = columns = assign(files[0].columns(), mapping, files[0].name)
        for other in files[1:]:
            if set(other.columns()) != set(files[0].columns()):
                raise SourceError(
                    f"{other.name} has other columns than {files[0].name}.",
                    hint="Load them one after the other.",
                )
        sample = [_light(record) for record in islice(_records(files), SAMPLE)]
        if not sample:
            raise _no_rows(name, files)
        _check_fields(columns, mapping.fields)
        given = {**(schema.attributes if schema else {}), **mapping.fields}
        types, left_out = _types(columns, sample, given, files[0].typed, mapping)
        self.rows = Rows(columns, types, mapping)
        self._several = any(self.rows.count(record) > 1 for record in sample)
        self._notes = (*columns.notes, *left_out, *_id_notes(columns))

    @property
    def name(self) -> str:
        return self._name

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return self.rows.attributes

    @property
    def notes(self) -> Sequence[str]:
        return self._notes

    @property
    def total(self) -> int | None:
        if self._several:
            return None
        totals = [file.total for file in self._files]
        return None if None in totals else sum(total for total in totals if total is not None)

    def entries(self) -> Iterator[Candidate | Rejection]:
        with closing(Occurrences()) as products:
            for file in self._files:
                for record in file.records():
                    if isinstance(record, Rejection):
                        yield self.rows.identified(record)
                    else:
                        yield from self.rows.entries(record, record.source or file.place, products)


def _records(files: Sequence[RecordFile]) -> Iterator[Record]:
    for file in files:
        for record in file.records():
            if isinstance(record, Record):
                yield record


def _no_rows(name: str, files: Sequence[RecordFile]) -> SourceError:
    wrong = next((entry for file in files for entry in file.records()), None)
    if not isinstance(wrong, Rejection):
        return SourceError(f"{name} has columns, but no rows.")
    return SourceError(f"{name} has no row that can be read. Row {wrong.row}: {wrong.reason}")


def _light(record: Record) -> Record:
    """What types are inferred from: without the images, of which a thousand may not fit."""
    return Record(record.row, {name: _stripped(value) for name, value in record.values.items()})


def _stripped(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return b"..." if value else b""
    if isinstance(value, str):
        return value[:_LONGEST]
    if isinstance(value, Mapping):
        return {name: _stripped(member) for name, member in value.items()}
    return [_stripped(member) for member in value] if isinstance(value, list) else value


def _id_notes(columns: Columns) -> tuple[str, ...]:
    if "id" in columns.roles:
        return ()
    if "product_id" in columns.roles:
        column = columns.roles["product_id"]
        note = (
            f"There is no id column: rows that share a '{column}' are images of one product, named "
            "P, P#2, P#3 in their order."
        )
        return (note,)
    image = columns.roles["image"]
    note = (
        f"There is no id column: the id is the path or URL in '{image}', or the SHA-256 of the "
        "image where that column holds the image itself."
    )
    return (note,)


def _check_fields(columns: Columns, given: Mapping[str, FieldType]) -> None:
    for name in given:
        if name not in columns.attributes.values():
            there = ", ".join(columns.attributes.values()) or "none"
            raise SourceError(
                f"There is no column for the field '{name}'.", hint=f"Fields: {there}.", field=name
            )


def _types(
    columns: Columns,
    sample: Sequence[Record],
    given: Mapping[str, FieldType],
    typed: bool,
    mapping: ColumnMapping,
) -> tuple[dict[str, FieldType], list[str]]:
    """Type by column, and a note for each column that can't be an attribute."""
    types: dict[str, FieldType] = {}
    notes = []
    for column, name in columns.attributes.items():
        values = [record.values.get(column) for record in sample]
        if mapping.decimal == ",":
            values = [cells.with_point(value) for value in values]
        if name in given:
            types[column] = given[name]
            if name in mapping.fields and all(value is None for value in values):
                notes.append(f"Field '{name}' has no value in the first {len(sample):,} rows.")
        elif any(cells.is_nested(value) for value in values):
            notes.append(f"Column '{column}' holds bytes or nested values and is left out.")
        else:
            types[column] = _inferred(values, typed)
            if types[column] is FieldType.KEYWORD and not typed:
                notes += _nearly(column, name, values)
    return types, notes


def _nearly(column: str, name: str, values: Sequence[Any]) -> list[str]:
    """A note of a column that a few values keep from being numbers or dates."""
    said = [value for value in values if isinstance(value, str) and value.strip()]
    with_points = [cells.with_point(value) for value in said]
    if infer_type(said) is FieldType.KEYWORD and infer_type(with_points) is FieldType.FLOAT:
        note = (
            f"Column '{column}' is a keyword, though it looks like numbers with a decimal comma, "
            f"such as {said[0][:40]!r}; 'decimal: \",\"' in the mapping reads them so."
        )
        return [note]
    for kind in (FieldType.INTEGER, FieldType.FLOAT, FieldType.DATETIME, FieldType.BOOL):
        others = [value for value in said if not _takes(kind, value)]
        if 0 < len(others) <= _FEW * len(said) and infer_type(set(said) - set(others)) is kind:
            note = (
                f"Column '{column}' is a keyword because of {len(others):,} of {len(said):,} "
                f"values such as {others[0][:40]!r}; as {name}={kind.value} their rows are "
                "rejected."
            )
            return [note]
    return []


def _takes(kind: FieldType, value: str) -> bool:
    try:
        coerce("", value, kind)
    except InvalidItem:
        return False
    return True


def _inferred(values: Sequence[Any], typed: bool) -> FieldType:
    kind = infer_type(values)
    members = [member for value in values for member in cells.members(value)]
    real = [member for member in members if member is not None]
    if any(isinstance(member, float) for member in real) and all(
        isinstance(member, int | float) and not isinstance(member, bool) for member in real
    ):
        return FieldType.FLOAT  # 3.0 comes before 3.5, and an infinite one is a mistake
    if typed and any(isinstance(member, str) for member in members):
        numbers = (FieldType.BOOL, FieldType.INTEGER, FieldType.FLOAT)
        return FieldType.KEYWORD if kind in numbers else kind
    return kind
