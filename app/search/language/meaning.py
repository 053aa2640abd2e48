"""What a box asks for: texts to search by, texts to keep away from, and a filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.search.language.box import (
    Anything,
    Box,
    Circle,
    Condition,
    Exactly,
    Phrase,
    Span,
    StartsWith,
    Word,
)
from app.search.language.values import bounds_json, exact_json
from core.fields import FieldType, Schema


@dataclass(frozen=True)
class Meaning:
    """What is asked for.

    Attributes:
        text: wanted words and phrases in their order; '' where there are none.
        unwanted: texts that hits should be far from.
        filter: as `core.filter_parser` reads it; None for none.
    """

    text: str
    unwanted: tuple[str, ...]
    filter: dict[str, Any] | None


def meaning_of(box: Box, schema: Schema) -> Meaning:
    """What `box`, read with the same schema, asks for."""
    texts = [term for term in box.terms if isinstance(term, Word | Phrase)]
    wanted = [term.text for term in texts if not term.negative]
    unwanted = [term.text for term in texts if term.negative and isinstance(term, Word)]
    parts = [_filter(term, schema) for term in box.terms if not isinstance(term, Word)]
    return Meaning(" ".join(wanted), tuple(unwanted), conjunction(parts))


def conjunction(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """All of the filters; None for none."""
    if len(parts) <= 1:
        return parts[0] if parts else None
    return {"and": parts}


def _filter(term: Phrase | Condition, schema: Schema) -> dict[str, Any]:
    plain = _phrase(term, schema) if isinstance(term, Phrase) else _condition(term, schema)
    return {"not": plain} if term.negative else plain


def _phrase(phrase: Phrase, schema: Schema) -> dict[str, Any]:
    """In the title, in the description, or as a tag; where the collection knows no phrases, its
    words, in any order."""
    if not any(letter.isalnum() for letter in phrase.text):
        return {"tags": phrase.text}
    how = "phrase" if schema.phrases else "match"
    return {
        "or": [
            {"title": {how: phrase.text}},
            {"description": {how: phrase.text}},
            {"tags": phrase.text},
        ]
    }


def _condition(condition: Condition, schema: Schema) -> dict[str, Any]:
    name, kind = condition.field, schema.fields[condition.field]
    if kind in (FieldType.KEYWORD, FieldType.INTEGER) and len(condition.values) > 1:
        exact = [value.text for value in condition.values if isinstance(value, Exactly)]
        if len(exact) == len(condition.values):
            return {name: [exact_json(text, kind) for text in exact]}
    alternatives = [_value(name, kind, value) for value in condition.values]
    return alternatives[0] if len(alternatives) == 1 else {"or": alternatives}


def _value(name: str, kind: FieldType, value: object) -> dict[str, Any]:
    match value:
        case Anything():
            return {name: {"exists": True}}
        case StartsWith():
            return {name: {"prefix": value.text}}
        case Circle():
            return {name: {"near": [float(value.lat), float(value.lon)], "km": float(value.km)}}
        case Span():
            return {name: bounds_json(value, kind)}
        case Exactly() if kind is FieldType.TEXT:
            return {name: {"match": value.text}}
        case Exactly():
            return {name: exact_json(value.text, kind)}
    raise TypeError(f"no value: {value!r}")
