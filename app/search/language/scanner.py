"""The scanner of the box: text -> raw terms. It takes every text: what opens nothing is a word.

Written by hand: the language has five kinds of token, a parser library's strength is to say what
is wrong with a text, and no text is wrong here. It looks at each character a bounded number of
times, so that 10,000 characters take milliseconds, whatever they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_]{0,63}):(?=[^\s])")
_RUN = re.compile(r"[^\s\x00-\x1f\x7f]+")
_VALUE = re.compile(r"[^\s\x00-\x1f\x7f,]*")
_QUOTED = re.compile(r'["“„]((?:[^"“”\\]|\\.)*)["“”]', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_OPENING = '"“„'


@dataclass(frozen=True)
class Text:
    """A bare value, or what stood in quotes."""

    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Raw:
    """A term as it stands: `text` alone, or a field with the texts of its values."""

    values: tuple[Text, ...]
    field: str | None = None
    negative: bool = False
    source: str = ""  # as it was typed, without the sign


def scan(text: str, is_field: re.Pattern[str]) -> Iterator[Raw]:
    """The terms of `text`. A name before a colon is a field's where `is_field` matches all of it;
    else the colon is part of a word."""
    text = unicodedata.normalize("NFC", text)
    unclosed = False
    at = 0
    while at < len(text):
        space = _SPACE.match(text, at)
        if space:
            at = space.end()
            continue
        negative = _negates(text, at)
        start = at + negative
        term, end, unclosed = _term(text, start, is_field, unclosed)
        if term is not None:
            yield Raw(term.values, term.field, negative, text[start:end])
        at = end


def _negates(text: str, at: int) -> bool:
    """Whether the character is a minus that belongs to the term after it: 't-shirt' and '-40' have
    none."""
    following = text[at + 1 : at + 2]
    return text[at] == "-" and (following.isalpha() or following in tuple(_OPENING))


def _term(
    text: str, at: int, is_field: re.Pattern[str], unclosed: bool
) -> tuple[Raw | None, int, bool]:
    """The term at `at`, where it ends, and whether no quote closes from here on."""
    named = _FIELD.match(text, at)
    if named and is_field.fullmatch(named[1]):
        values, end, unclosed = _values(text, named.end(), unclosed)
        if values:
            return Raw(values, named[1]), end, unclosed
    if text[at] in _OPENING:
        found = None if unclosed else _QUOTED.match(text, at)
        if found is None:
            return None, at + 1, True  # a quote that is still open is nothing yet
        inside = _inside(found)
        return (Raw((inside,)) if inside.text else None), found.end(), unclosed
    run = _RUN.match(text, at)
    assert run is not None  # neither space nor the end
    return Raw((Text(run[0]),)), run.end(), unclosed


def _values(text: str, at: int, unclosed: bool) -> tuple[tuple[Text, ...], int, bool]:
    """The values after a colon, with commas between them."""
    values: list[Text] = []
    while True:
        found = None
        if text[at : at + 1] in tuple(_OPENING):
            found = None if unclosed else _QUOTED.match(text, at)
            unclosed = unclosed or found is None
        if found is not None:
            value, at = _inside(found), found.end()
        else:
            run = _VALUE.match(text, at)
            assert run is not None  # it takes nothing, too
            value, at = Text(run[0].strip(_OPENING + "”")), run.end()
        if value.text:
            values.append(value)
        if text[at : at + 1] != ",":
            return tuple(values), at, unclosed
        at += 1


def _inside(found: re.Match[str]) -> Text:
    inner = _ESCAPED.sub(r"\1", found[1])
    return Text(" ".join(inner.split()), quoted=True)
