"""A source made of one or several catalog files of one kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from core.errors import BinocleError, SourceError
from core.fields import FieldType, Schema, coerce, infer_type
from core.items import ImageSource, Item
from ingestion.mapping import ColumnMapping, Columns, assign
from ingestion.rejects import Rejection
from ingestion.sources import cells
from ingestion.sources.source import Candidate, Record, RecordFile

SAMPLE = 1000
"""Rows from which the types of the attributes are inferred."""


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
        self._mapping = mapping
        self._columns = columns = assign(files[0].columns(), mapping, files[0].name)
        for other in files[1:]:
            if set(other.columns()) != set(files[0].columns()):
                raise SourceError(
                    f"{other.name} has other columns than {files[0].name}.",
                    hint="Load them one after the other.",
                )
        sample = list(islice(self._records(files), SAMPLE))
        if not sample:
            raise SourceError(f"{name} has columns, but no rows.")
        _check_fields(columns, mapping.fields)
        given = {**(schema.attributes if schema else {}), **mapping.fields}
        self._types, left_out = _types(columns, sample, given, files[0].typed)
        self._notes = (*columns.notes, *left_out, *self._id_note())

    @property
    def name(self) -> str:
        return self._name

    @property
    def attributes(self) -> Mapping[str, FieldType]:
        return {self._columns.attributes[column]: kind for column, kind in self._types.items()}

    @property
    def notes(self) -> Sequence[str]:
        return self._notes

    @property
    def total(self) -> int | None:
        totals = [file.total for file in self._files]
        return None if None in totals else sum(total for total in totals if total is not None)

    def entries(self) -> Iterator[Candidate | Rejection]:
        for file in self._files:
            folder = Path(file.name).absolute().parent
            for record in file.records():
                if isinstance(record, Rejection):
                    yield record
                else:
                    yield self._entry(record, file, folder)

    @staticmethod
    def _records(files: Sequence[RecordFile]) -> Iterator[Record]:
        for file in files:
            for record in file.records():
                if isinstance(record, Record):
                    yield record

    def _entry(self, record: Record, file: RecordFile, folder: Path) -> Candidate | Rejection:
        given_id = None
        try:
            image = cells.image(self._cell(record, "image"), folder)
            given_id = self._id(record, image)
            return Candidate(self._item(record, given_id, image), record.row, file.name)
        except BinocleError as error:
            known = given_id or _shown_id(record.values.get(self._columns.roles.get("id", "")))
            return Rejection.of(error, row=record.row, id=known, source=file.name)

    def _item(self, record: Record, item_id: str, image: ImageSource) -> Item:
        attributes = {}
        for column, kind in self._types.items():
            name = self._columns.attributes[column]
            value = coerce(name, cells.clean(name, record.values.get(column)), kind)
            if value not in (None, []):
                attributes[name] = value
        return Item(
            id=item_id,
            image=image,
            title=cells.text("title", self._cell(record, "title")),
            description=cells.text("description", self._cell(record, "description")),
            tags=cells.tags(self._cell(record, "tags"), self._mapping.tag_separator),
            owner_id=cells.text("owner_id", self._cell(record, "owner_id")) or None,
            uploaded_at=cells.moment("uploaded_at", self._cell(record, "uploaded_at")),
            visibility=cells.visibility(self._cell(record, "visibility")),
            attributes=attributes,
        )

    def _cell(self, record: Record, role: str) -> Any:
        column = self._columns.roles.get(role)
        return None if column is None else record.values.get(column)

    def _id(self, record: Record, image: ImageSource) -> str:
        if "id" in self._columns.roles:
            return cells.identifier(self._cell(record, "id"))
        return cells.id_of_image(self._cell(record, "image"), image)

    def _id_note(self) -> tuple[str, ...]:
        if "id" in self._columns.roles:
            return ()
        image = self._columns.roles["image"]
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
    columns: Columns, sample: Sequence[Record], given: Mapping[str, FieldType], typed: bool
) -> tuple[dict[str, FieldType], list[str]]:
    """Type by column, and a note for each column that can't be an attribute."""
    types: dict[str, FieldType] = {}
    notes = []
    for column, name in columns.attributes.items():
        values = [record.values.get(column) for record in sample]
        if name in given:
            types[column] = given[name]
        elif any(cells.is_nested(value) for value in values):
            notes.append(f"Column '{column}' holds bytes or nested values and is left out.")
        else:
            types[column] = _inferred(values, typed)
    return types, notes


def _inferred(values: Sequence[Any], typed: bool) -> FieldType:
    kind = infer_type(values)
    members = [member for value in values for member in cells.members(value)]
    if kind is FieldType.INTEGER and any(isinstance(member, float) for member in members):
        return FieldType.FLOAT  # 3.0 comes before 3.5
    if typed and any(isinstance(member, str) for member in members):
        numbers = (FieldType.BOOL, FieldType.INTEGER, FieldType.FLOAT)
        return FieldType.KEYWORD if kind in numbers else kind
    return kind


def _shown_id(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, str | int) and value != "" else None
