"""What can be suggested: gathered from the items that everybody may see."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.collection import OpenCollection
from core.fields import FieldType, Schema

Kind = Literal["value", "tag", "title", "query", "field"]

MAX_ITEMS = 200_000
"""Items that are read: of a larger collection, the first in the store's own order, a random lot."""
MAX_ENTRIES = 200_000
MAX_LENGTH = 120
"""Characters of a text that is suggested; longer titles are none."""
_PAGE = 500
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """A text to suggest.

    Attributes:
        field: where it is from: 'title', 'tags' or an attribute; '' for a query that was asked.
        kind: 'field' where the text is the name of a field, to be completed by a value.
        count: how many of the items read have it, or how often it was asked.
        item: id of an item that has it, so that it can be looked at again; None for a query.
    """

    text: str
    kind: Kind
    field: str
    count: int
    item: str | None


def gather(opened: OpenCollection, going_on: Callable[[], bool] = lambda: True) -> list[Entry]:
    """The entries of a collection, at most 200,000, the most frequent where there are more.

    Args:
        going_on: asked between pages of items; False ends it early.

    Raises StoreError.
    """
    seen: dict[tuple[str, str], list[Any]] = {}
    for item, payload in _items(opened, going_on):
        for field, text in texts_of(payload, opened.schema):
            known = seen.get((field, text))
            if known is not None:
                known[0] += 1
            elif len(seen) < 2 * MAX_ENTRIES:
                seen[field, text] = [1, item]
    entries = (
        Entry(text, kind_of(field), field, count, item)
        for (field, text), (count, item) in seen.items()
    )
    return sorted(entries, key=lambda entry: -entry.count)[:MAX_ENTRIES]


def texts_of(payload: Mapping[str, Any], schema: Schema) -> Iterator[tuple[str, str]]:
    """Field and text of all that can be suggested of an item."""
    for field in ("title", *value_fields(schema)):
        stored = payload.get(field)
        for text in stored if isinstance(stored, list) else [stored]:
            if isinstance(text, str) and len(text) <= MAX_LENGTH and any(map(str.isalpha, text)):
                yield field, text


def value_fields(schema: Schema) -> list[str]:
    """Fields whose values are words for people: tags, colours, and keyword attributes."""
    derived = ["colors"] if schema.derives("colors") else []
    declared = [name for name, kind in schema.attributes.items() if kind is FieldType.KEYWORD]
    return ["tags", *derived, *declared]


def kind_of(field: str) -> Kind:
    """The kind of suggestion that a field's texts are."""
    if field == "title":
        return "title"
    return "tag" if field == "tags" else "value"


def words_of(text: str) -> list[str]:
    """The words of a text, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    if not plain.isascii():
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORD.findall(plain)


def asked(queries: Iterable[tuple[str, int]]) -> list[Entry]:
    """Entries of queries that were asked, with how often."""
    return [Entry(text, "query", "", count, None) for text, count in queries]


def _items(
    opened: OpenCollection, going_on: Callable[[], bool]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    visible, token, left = opened.visible(None), None, MAX_ITEMS
    while left > 0 and going_on():
        points, token = opened.generation.scroll(
            filter=visible, limit=min(_PAGE, left), after=token
        )
        for point in points:
            yield point.id, point.payload
        left -= len(points)
        if token is None:
            return
