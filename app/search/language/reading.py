"""Reading a box: text and the fields of a collection -> its tree."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from app.search.language.box import Box, Condition, Phrase, Span, Term, Word
from app.search.language.scanner import Raw, Text, scan
from app.search.language.values import number_of, values_of
from core.errors import InvalidQuery
from core.fields import FieldType, Schema

_DATED = {"before": "high", "after": "low"}
_ANY_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LESS = frozenset({"under", "below"})
_MORE = frozenset({"over", "above"})
_CURRENCIES = frozenset({"eur", "euro", "euros", "usd", "dollar", "dollars", "gbp", "pounds"})
_PRICES = re.compile(r"(.*_)?(price|cost)(_.*)?", re.IGNORECASE)


def read_box(text: str, schema: Schema) -> Box:
    """What `text` says about a collection of these fields.

    What is not of the grammar is text, an unknown field too. Raises InvalidQuery (field 'q') for a
    known field with a value that it can't have.
    """
    return _Reader(schema).read(text)


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self._fields = schema.fields
        self._by_lower = {name.lower(): name for name in reversed(self._fields)}
        self._price = price_field(schema)
        self._date = date_fields(schema)
        self._notes: list[str] = []

    def read(self, text: str) -> Box:
        names = [*self._fields, *_DATED]
        is_field = re.compile("|".join(map(re.escape, names)), re.IGNORECASE)
        raws = list(scan(text, is_field))
        terms: list[Term] = []
        at = 0
        while at < len(raws):
            bound, taken = self._bound(raws[at : at + 5])
            terms.append(bound or self._term(raws[at]))
            at += taken if bound else 1
        return Box(tuple(terms), tuple(dict.fromkeys(self._notes)))

    def _term(self, raw: Raw) -> Term:
        if raw.field is not None:
            return self._condition(raw)
        given = raw.values[0]
        if given.quoted:
            return Phrase(given.text, raw.negative)
        self._note_unknown_field(given.text)
        return Word(given.text, raw.negative)

    def _condition(self, raw: Raw) -> Term:
        assert raw.field is not None
        name = self._by_lower.get(raw.field.lower())
        if name is None:
            return self._dated(raw)
        kind = self._fields[name]
        values = values_of(name, kind, raw.values)
        return Condition(name, values, raw.negative)

    def _dated(self, raw: Raw) -> Condition:
        """before:2026 is up to its first moment, after:2026 from it on."""
        word = (raw.field or "").lower()
        if len(self._date) > 1:
            raise InvalidQuery(
                f"'{word}:' may be about {' or '.join(self._date)}.",
                hint=f"Say which: {self._date[0]}:{'<' if word == 'before' else '>='}2026.",
                field="q",
            )
        sign = "<" if word == "before" else ">="
        given = [Text(sign + each.text) for each in raw.values]
        name = self._date[0]
        return Condition(name, values_of(name, FieldType.DATETIME, given), raw.negative)

    def _bound(self, raws: Sequence[Raw]) -> tuple[Condition | None, int]:
        """'under 50', 'over 10', 'between 10 and 50' at the start of `raws`, and its length."""
        words = [_plain_word(raw) for raw in raws]
        head = (words[0] or "").lower()
        if self._price is None or len(words) < 2:
            return None, 0
        first = _amount(words[1])
        if first is None:
            return None, 0
        if head in _LESS:
            span, taken = Span(high=first, below=True), 2
        elif head in _MORE:
            span, taken = Span(low=first, above=True), 2
        elif head == "between" and len(words) >= 4 and (words[2] or "").lower() == "and":
            second = _amount(words[3])
            if second is None or float(first) > float(second):
                return None, 0
            span, taken = Span(first, second), 4
        else:
            return None, 0
        if len(words) > taken and (words[taken] or "").lower() in _CURRENCIES:
            taken += 1
        return Condition(self._price, (span,)), taken

    def _note_unknown_field(self, word: str) -> None:
        name, colon, rest = word.partition(":")
        if not colon or not rest or not _ANY_NAME.fullmatch(name) or rest.startswith("//"):
            return
        near = difflib.get_close_matches(name.lower(), self._by_lower, n=1, cutoff=0.75)
        if near:
            self._notes.append(
                f"There is no field '{name}' ('{self._by_lower[near[0]]}' is one): "
                f"'{word[:60]}' is taken as text."
            )


def price_field(schema: Schema) -> str | None:
    """The field that 'under 50' is about: the one number named for a price or a cost; else the one
    attribute of type float; None where that is not clear."""
    kinds = schema.attributes
    numbers = [name for name, kind in kinds.items() if kind in (FieldType.FLOAT, FieldType.INTEGER)]
    prices = [name for name in numbers if _PRICES.fullmatch(name)]
    if prices:
        return prices[0] if len(prices) == 1 else None
    floats = [name for name, kind in kinds.items() if kind is FieldType.FLOAT]
    return floats[0] if len(floats) == 1 else None


def date_fields(schema: Schema) -> tuple[str, ...]:
    """What before: and after: may be about: the dates that the collection declares, or the upload
    where it declares none."""
    own = [name for name, kind in schema.attributes.items() if kind is FieldType.DATETIME]
    return tuple(own) or ("uploaded_at",)


def _plain_word(raw: Raw) -> str | None:
    plain = raw.field is None and not raw.negative and not raw.values[0].quoted
    return raw.values[0].text if plain else None


def _amount(word: str | None) -> str | None:
    """A price as plain digits; '1,000' is a thousand."""
    if word is None:
        return None
    if re.fullmatch(r"[$€£¥]?\d{1,3}(,\d{3})+(\.\d+)?[$€£¥]?", word):
        word = word.replace(",", "")
    number = number_of(word)
    return None if number is None or number.startswith("-") else number
