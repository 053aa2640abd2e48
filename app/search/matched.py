"""Which words of a query an item has, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.fields import FieldType, Schema
from encoders.lexical import telling, tokens

_MOST = 10
"""Words of one field that are told."""


def matched_terms(
    text: str | None, payload: Mapping[str, Any], schema: Schema
) -> dict[str, list[str]]:
    """By field, the words that share their stem with a word of `text`, as they stand there."""
    asked = set(telling(text)) if text else set()
    found: dict[str, list[str]] = {}
    for field, value in _texts(payload, schema) if asked else ():
        words = (word.strip(".,;:!?()[]\"'") for word in value.split())
        own = [word for word in words if asked.intersection(tokens(word))]
        kept = dict.fromkeys([*found.get(field, ()), *own])
        if kept:
            found[field] = list(kept)[:_MOST]
    return found


def _texts(payload: Mapping[str, Any], schema: Schema) -> Iterator[tuple[str, str]]:
    """Field and text of what is written on an item."""
    written = (FieldType.KEYWORD, FieldType.TEXT)
    declared = [name for name, kind in schema.attributes.items() if kind in written]
    for field in ("title", "tags", "description", "colors", *declared):
        stored = payload.get(field)
        for text in stored if isinstance(stored, list) else [stored]:
            if isinstance(text, str):
                yield field, text
