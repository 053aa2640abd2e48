"""What a box says, as a tree: words, phrases and conditions, each wanted or not.

`str(box)` is text that reads back as the same box.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

_BARE = re.compile(r'[^\s\x00-\x1f\x7f,*"“”„<>.\\][^\s\x00-\x1f\x7f,*"“”„\\]*')
"""Values that mean themselves without quotes around them."""
_MARKS = re.compile(r'[\\"“”]')


@dataclass(frozen=True)
class Word:
    """Free text: a run of characters without spaces."""

    text: str
    negative: bool = False

    def __str__(self) -> str:
        return _signed(self.negative, self.text)


@dataclass(frozen=True)
class Phrase:
    """Words in quotes: they have to occur in this order."""

    text: str
    negative: bool = False

    def __str__(self) -> str:
        return _signed(self.negative, quoted(self.text))


@dataclass(frozen=True)
class Exactly:
    """A value, as it was typed."""

    text: str

    def __str__(self) -> str:
        plain = _BARE.fullmatch(self.text) and ".." not in self.text
        return self.text if plain else quoted(self.text)


@dataclass(frozen=True)
class StartsWith:
    """Values with this beginning."""

    text: str

    def __str__(self) -> str:
        return f"{self.text}*"


@dataclass(frozen=True)
class Anything:
    """Any value at all."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True)
class Span:
    """Numbers or moments between two bounds, as typed; None is open.

    Attributes:
        above: the lower bound itself is left out.
        below: the upper bound itself is left out.
    """

    low: str | None = None
    high: str | None = None
    above: bool = False
    below: bool = False

    def __str__(self) -> str:
        if self.low is not None and self.high is not None:
            return f"{self.low}..{self.high}"
        if self.low is not None:
            return f">{self.low}" if self.above else f">={self.low}"
        return f"<{self.high}" if self.below else f"<={self.high}"


@dataclass(frozen=True)
class Circle:
    """Places at most so many kilometres from a point in degrees."""

    lat: str
    lon: str
    km: str

    def __str__(self) -> str:
        return f"{self.lat},{self.lon},{self.km}km"


Value: TypeAlias = Exactly | StartsWith | Anything | Span | Circle


@dataclass(frozen=True)
class Condition:
    """`field:value,value`: the field has one of the values."""

    field: str
    values: tuple[Value, ...]
    negative: bool = False

    def __str__(self) -> str:
        return _signed(self.negative, f"{self.field}:{','.join(map(str, self.values))}")


Term: TypeAlias = Word | Phrase | Condition


@dataclass(frozen=True)
class Box:
    """The terms in their order, and what a person should know of how they were read."""

    terms: tuple[Term, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(map(str, self.terms))


def quoted(text: str) -> str:
    """`text` in quotes; those inside, of any kind, and backslashes get a backslash before them."""
    return '"' + _MARKS.sub(r"\\\g<0>", text) + '"'


def _signed(negative: bool, text: str) -> str:
    return f"-{text}" if negative else text
