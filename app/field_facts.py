"""What a collection's fields hold: how many items have each, and examples of its values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.collection import OpenCollection
from app.search.policy import ANYONE, Viewer
from core.fields import FieldType
from core.filters import Exists
from qdrant.store import Point

_EXAMPLES = 3
_SAMPLE = 100
"""Items that examples are taken from, where the engine can't count values."""
_COUNTED = (FieldType.KEYWORD, FieldType.INTEGER, FieldType.BOOL)
_DISTINCT = frozenset({"id", "duplicate_group"})


@dataclass(frozen=True)
class FieldFacts:
    """One field.

    Attributes:
        own: whether the collection declares it itself.
        count: items that have a value.
        examples: up to three values, the most frequent ones where they can be counted.
    """

    name: str
    kind: FieldType
    own: bool
    count: int
    examples: tuple[Any, ...]


def field_facts(opened: OpenCollection, viewer: Viewer = ANYONE) -> list[FieldFacts]:
    """The fields of what `viewer` may see, the collection's own first. Remembered until written."""
    schema = opened.schema
    names = [*schema.attributes, *(n for n in schema.fields if n not in schema.attributes)]
    wanted = opened.visible(None, viewer)
    sample, _ = opened.generation.scroll(filter=wanted, limit=_SAMPLE)
    facts = []
    for name in names:
        kind = schema.fields[name]
        count = opened.count(Exists(name), viewer)
        examples: Sequence[Any] = ()
        if count and kind in _COUNTED and name not in _DISTINCT:
            found = opened.facet(name, None, _EXAMPLES, viewer)
            examples = [value for value, _ in found]
        elif count:
            examples = _of(sample, name)
            if not examples:  # few have it, and none of the first
                those = opened.visible(Exists(name), viewer)
                examples = _of(opened.generation.scroll(filter=those, limit=_EXAMPLES)[0], name)
        facts.append(
            FieldFacts(name, kind, name in schema.attributes, count, tuple(examples[:_EXAMPLES]))
        )
    return facts


def as_document(facts: Iterable[FieldFacts]) -> list[dict[str, Any]]:
    """Fields as JSON."""
    return [
        {
            "name": fact.name,
            "type": fact.kind.value,
            "own": fact.own,
            "count": fact.count,
            "examples": list(fact.examples),
        }
        for fact in facts
    ]


def _of(sample: Sequence[Point], name: str) -> list[Any]:
    found: list[Any] = []
    for point in sample:
        value = point.payload.get(name)
        for member in value if isinstance(value, list) else [value]:
            if member is not None and member not in found:
                found.append(member)
    return found
