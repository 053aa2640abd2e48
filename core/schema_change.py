"""Declaring more fields of a collection that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.errors import InvalidName
from core.fields import BUILTIN_FIELDS, FieldType, Schema, check_field_name


def extended(schema: Schema, fields: Mapping[str, FieldType]) -> Schema:
    """`schema` with `fields` declared too; those that are declared so already change nothing.

    Raises InvalidName for a field that has another type, or is one of every collection's.
    """
    for name, kind in fields.items():
        check_field_name(name)
        if name in BUILTIN_FIELDS and name not in schema.attributes:
            raise InvalidName(
                f"'{name}' is a field of every collection already.",
                hint="Give yours another name.",
                field=name,
            )
        present = schema.attributes.get(name)
        if present not in (None, kind):
            raise InvalidName(
                f"The field '{name}' is {present} already, not {kind.value}.",
                hint="A field keeps its type: give this one another name, or load with --replace.",
                field=name,
            )
    return replace(schema, attributes={**schema.attributes, **fields})
