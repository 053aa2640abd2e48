"""Understand: the texts of a request, read as boxes -> parts, filter and boosts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.search.language.box import Box, Condition, Exactly
from app.search.language.meaning import conjunction, meaning_of
from app.search.language.reading import read_box
from app.search.language.vocabulary import Recognised, Vocabulary
from app.search.query import Part, SearchRequest, TextPart
from core.fields import FieldType, Schema

UNWANTED = -0.5
"""Weight of a word with a minus before it, beside the wanted text's 1; docs/search.md has the
measurement."""


@dataclass(frozen=True)
class Understood:
    """What the box was understood to say, for people and for the page.

    Attributes:
        read: the box in its plain form, which reads back as the same.
        text: what is searched for by meaning.
        without: texts that hits should be far from.
        filter: what hits have to fulfil, beside the request's own filter; None for nothing.
        recognised: words that are values of fields.
        mode: what is done about these: 'off', 'boost' or 'filter'.
        notes: what may have been meant otherwise.
    """

    read: str
    text: str
    without: tuple[str, ...]
    filter: Mapping[str, Any] | None
    recognised: tuple[Recognised, ...]
    mode: str
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As the answer writes it."""
        return {
            "read": self.read,
            "text": self.text,
            "without": list(self.without),
            "filter": self.filter,
            "recognised": [
                {"words": each.words, "field": value.field, "value": value.value}
                for each in self.recognised
                for value in each.values
            ],
            "recognise": self.mode,
            "notes": list(self.notes),
        }


def understand(
    request: SearchRequest, schema: Schema, vocabulary: Callable[[], Vocabulary]
) -> tuple[SearchRequest, tuple[Understood, ...]]:
    """The request with its wanted texts read as boxes, and what they were understood to say.

    A request that does not ask for it comes back as it is. Raises InvalidQuery for a condition
    with a value that its field can't have.

    Args:
        vocabulary: gives the known values; asked only where a condition or recognition needs them.
    """
    if not request.understand:
        return request, ()
    parts: list[Part] = []
    understood: list[Understood] = []
    for part in request.parts:
        if not isinstance(part, TextPart) or part.weight <= 0:
            parts.append(part)
            continue
        one = _understood(part.text, schema, vocabulary, request.recognise)
        understood.append(one)
        if one.text:
            parts.append(replace(part, text=one.text))
        parts += [TextPart(text, UNWANTED * part.weight) for text in one.without]
    added = [dict(one.filter) for one in understood if one.filter]
    changed = replace(request, parts=tuple(parts), filter=_merged(request.filter, added))
    return changed, tuple(understood)


def _understood(
    text: str, schema: Schema, vocabulary: Callable[[], Vocabulary], mode: str
) -> Understood:
    box = _spelt(read_box(text, schema), schema, vocabulary)
    meaning = meaning_of(box, schema)
    recognised = () if mode == "off" else vocabulary().recognised(meaning.text)
    parts = [meaning.filter] if meaning.filter else []
    if mode == "filter":
        parts += [_filter(each) for each in recognised]
    return Understood(
        read=str(box),
        text=meaning.text,
        without=meaning.unwanted,
        filter=conjunction(parts),
        recognised=recognised,
        mode=mode,
        notes=box.notes,
    )


def _spelt(box: Box, schema: Schema, vocabulary: Callable[[], Vocabulary]) -> Box:
    """The box with the values of keyword attributes spelt as the collection does: what is typed
    in a box is rarely in the right case."""

    def is_keyword(term: object) -> bool:
        return isinstance(term, Condition) and (
            schema.attributes.get(term.field) is FieldType.KEYWORD
        )

    if not any(map(is_keyword, box.terms)):
        return box
    words = vocabulary()
    terms = [
        replace(
            term,
            values=tuple(
                Exactly(words.spelt(term.field, value.text))
                if isinstance(value, Exactly)
                else value
                for value in term.values
            ),
        )
        if isinstance(term, Condition) and is_keyword(term)
        else term
        for term in box.terms
    ]
    return replace(box, terms=tuple(terms))


def _filter(recognised: Recognised) -> dict[str, Any]:
    """The value in any of the fields that have it."""
    either = [{known.field: known.value} for known in recognised.values]
    return either[0] if len(either) == 1 else {"or": either}


def _merged(given: Any, added: list[dict[str, Any]]) -> Any:
    """The request's own filter and what the boxes say; a malformed one is left for its reader."""
    if not added:
        return given
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return given
    if given in (None, {}):
        return conjunction(added)
    return conjunction([given, *added])
