"""Rows of Arrow tables as plain values. One that Python can't hold is a fault of its row alone."""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from core.errors import SourceError
from ingestion.rejects import MALFORMED_ROW, Rejection
from ingestion.sources.source import Record

ClassNames = Mapping[str, Sequence[str]]
"""Names of classes by column, for columns that hold their numbers."""

_FAULTS = (pa.ArrowException, OverflowError, ValueError)
"""Of values: a date beyond the year 9999, a text that is no UTF-8."""


def records(
    batches: Iterator[pa.RecordBatch], name: str, names: ClassNames | None = None
) -> Iterator[Record | Rejection]:
    """The rows, from 1. A value that can't be had rejects its row.

    Args:
        name: the file's, for people.

    Raises SourceError where the file breaks off.
    """
    row = 0
    try:
        for batch in batches:
            for record in _rows(_in_microseconds(batch), row, name, names or {}):
                row += 1
                yield record
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(
            f"{name} is damaged after row {row:,}: {error}",
            hint="The rows before it were read.",
        ) from error


def class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Of the features of a Hugging Face data set."""
    return {
        column: [str(name) for name in feature["names"]]
        for column, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        if isinstance(feature.get("names"), list)
    }


def class_names_of(schema: pa.Schema) -> dict[str, list[str]]:
    """Those that Hugging Face's `datasets` writes into the files themselves."""
    try:
        said = json.loads((schema.metadata or {})[b"huggingface"])
        return class_names(said["info"]["features"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Nanoseconds cut off: Python's own moments have none."""
    for place, field in enumerate(batch.schema):
        kind = field.type
        if pa.types.is_timestamp(kind) and kind.unit == "ns":
            coarse = pa.timestamp("us", kind.tz)
        elif pa.types.is_duration(kind) and kind.unit == "ns":
            coarse = pa.duration("us")
        else:
            continue
        column = batch.column(place).cast(coarse, safe=False)
        batch = batch.set_column(place, field.with_type(coarse), column)
    return batch


def _rows(
    batch: pa.RecordBatch, before: int, name: str, names: ClassNames
) -> Iterator[Record | Rejection]:
    try:
        found = batch.to_pylist()
    except _FAULTS:
        for place in range(batch.num_rows):
            yield _row(batch, place, before + place + 1, name, names)
        return
    for row, values in enumerate(found, start=before + 1):
        plain = {key: _plain(value) for key, value in values.items()}
        yield Record(row, _named(plain, names))


def _row(
    batch: pa.RecordBatch, place: int, row: int, name: str, names: ClassNames
) -> Record | Rejection:
    values: dict[str, Any] = {}
    wrong: tuple[str, Exception] | None = None
    for column, cells in zip(batch.schema.names, batch.columns, strict=True):
        try:
            values[column] = _plain(cells[place].as_py())
        except _FAULTS as error:
            values[column] = None  # a replay needs another value there
            wrong = wrong or (column, error)
    values = _named(values, names)
    if wrong is None:
        return Record(row, values)
    column, fault = wrong
    reason = f"Column '{column}' holds a value that can't be read: {fault}."
    return Rejection(reason, MALFORMED_ROW, row, None, column, name, record=values)


def _named(values: dict[str, Any], names: ClassNames) -> dict[str, Any]:
    """The classes' names in place of their numbers; -1 is none."""
    for column, known in names.items():
        number = values.get(column)
        if isinstance(number, int):
            values[column] = known[number] if 0 <= number < len(known) else None
    return values


def _plain(value: Any) -> Any:
    """Values of Arrow types that JSON has no word for, as the nearest plain ones."""
    if isinstance(value, decimal.Decimal):
        exponent = value.as_tuple().exponent  # of the column's type: 10.00 is no integer
        return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)
    if isinstance(value, datetime.time | datetime.timedelta | uuid.UUID):
        return str(value)
    if isinstance(value, list):
        if value and all(isinstance(member, tuple) for member in value):  # a map
            return {str(key): _plain(member) for key, member in value}
        return [_plain(member) for member in value]
    return value
