"""Conditions that are being typed: `field:beginning`, and what the box says when one is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.collection import OpenCollection
from app.search.policy import Viewer
from app.search.suggesting.entries import Entry, kind_of, value_fields
from core.fields import Schema

_CONDITION = re.compile(
    r"(?:^|(?<=\s))-?(\w{1,64}):"
    r"(?:\"[^\"]*\",|[^\s\",]*,)*"  # values before it in a list
    r"(?:\"([^\"]*)|([^\s\",]*))$"
)
_LAST_WORD = re.compile(r"(?:^|(?<=\s))-?(\w{2,64})$")


@dataclass(frozen=True)
class Condition:
    """A condition being typed: its field, the beginning of its value, and all before the value."""

    field: str
    value: str
    before: str


def condition_of(text: str, schema: Schema) -> Condition | None:
    """The condition at the end of what is typed; None where there is none."""
    found = _CONDITION.search(text)
    if found is None:
        return None
    fields = {name.lower(): name for name in schema.fields}
    field = fields.get(found[1].lower())
    if field is None:
        return None
    value = found[2] if found[2] is not None else found[3]
    start = found.start(2) - 1 if found[2] is not None else found.start(3)
    return Condition(field, value, text[:start])


def commonest(opened: OpenCollection, field: str, limit: int, viewer: Viewer) -> list[Entry]:
    """The most frequent values of a field among what the viewer may see; of fields whose values
    are no words, none. Raises StoreError."""
    if field not in value_fields(opened.schema):
        return []
    kind = kind_of(field)
    counted = opened.facet(field, None, limit, viewer)
    return [Entry(str(value), kind, field, count, None) for value, count in counted]


def fields_of(text: str, schema: Schema) -> list[tuple[Entry, str]]:
    """Attributes whose name begins with the last word, each with the box that has it."""
    found = _LAST_WORD.search(text)
    if found is None:
        return []
    typed, before = found[1].lower(), text[: found.start(1)]
    names = [name for name in schema.attributes if name.lower().startswith(typed)]
    return [(Entry(f"{name}:", "field", name, 0, None), f"{before}{name}:") for name in names]
