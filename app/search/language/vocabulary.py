"""The values of a collection's keyword fields, so that they are known when they occur in a text."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from app.collection import OpenCollection
from core.fields import FieldType

_VALUES = 1_000
"""Values of a field that are known; a field with as many different ones (codes, ids) has none."""
_LONGEST = 5
"""Words of a value."""
_FRESH_S = 60.0
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


@dataclass(frozen=True)
class Known:
    """A value of a field, and how many public items have it."""

    field: str
    value: str
    count: int


@dataclass(frozen=True)
class Recognised:
    """Words of a text that are a value of one field or of several.

    start, end: the words' places in the text, in characters.
    """

    words: str
    start: int
    end: int
    values: tuple[Known, ...]


@dataclass(frozen=True)
class Vocabulary:
    """What values there are. `by_words`: case and plural s do not count."""

    by_words: Mapping[tuple[str, ...], tuple[Known, ...]]
    spelling: Mapping[tuple[str, str], str]  # (field, value in lower case) -> the value

    def recognised(self, text: str) -> tuple[Recognised, ...]:
        """The values in `text`, longest first, none overlapping, in the text's order."""
        words = [(found[0], found.start(), found.end()) for found in _WORD.finditer(text)]
        keys = [_key(word) for word, _, _ in words]
        found: list[Recognised] = []
        at = 0
        while at < len(words):
            length = self._longest(keys, at)
            if length:
                start, end = words[at][1], words[at + length - 1][2]
                values = self.by_words[tuple(keys[at : at + length])]
                found.append(Recognised(text[start:end], start, end, values))
            at += length or 1
        return tuple(found)

    def spelt(self, name: str, value: str) -> str:
        """The value as the collection spells it, where only the case differs."""
        return self.spelling.get((name, value.casefold()), value)

    def _longest(self, keys: Sequence[str], at: int) -> int:
        most = min(_LONGEST, len(keys) - at)
        lengths = range(most, 0, -1)
        return next((n for n in lengths if tuple(keys[at : at + n]) in self.by_words), 0)


def vocabulary_of(known: Sequence[Known]) -> Vocabulary:
    """The vocabulary of these values."""
    by_words: dict[tuple[str, ...], tuple[Known, ...]] = {}
    spelling: dict[tuple[str, str], str] = {}
    for each in sorted(known, key=lambda each: -each.count):
        spelling.setdefault((each.field, each.value.casefold()), each.value)
        words = tuple(_key(found[0]) for found in _WORD.finditer(each.value))
        if words and len(words) <= _LONGEST and sum(map(len, words)) > 1:
            by_words[words] = (*by_words.get(words, ()), each)
    return Vocabulary(by_words, spelling)


@dataclass(frozen=True)
class Vocabularies:
    """The vocabulary of each open collection, counted anew after a minute at most."""

    fresh_s: float = _FRESH_S
    _known: WeakKeyDictionary[OpenCollection, tuple[float, Vocabulary]] = field(
        default_factory=WeakKeyDictionary
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, opened: OpenCollection) -> Vocabulary:
        """The values of the keyword attributes of its public items. Raises StoreError."""
        with self._lock:
            known = self._known.get(opened)
        now = time.monotonic()
        if known is not None and now - known[0] < self.fresh_s:
            return known[1]
        found = vocabulary_of(_values(opened))
        with self._lock:
            self._known[opened] = (now, found)
        return found


def _values(opened: OpenCollection) -> list[Known]:
    known: list[Known] = []
    for name, kind in opened.schema.attributes.items():
        if kind is not FieldType.KEYWORD:
            continue
        counted = opened.facet(name, None, _VALUES)
        if len(counted) < _VALUES:
            known += [Known(name, str(value), count) for value, count in counted]
    return known


def _key(word: str) -> str:
    """A word without its case, its apostrophes and a plural s."""
    plain = re.sub("['\u2019]", "", word.casefold())
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") and plain[-2] != "s" else plain
