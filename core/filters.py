"""Filters over payload fields: a tree that engines compile. `core.filter_parser` reads JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from core.fields import FieldType


@dataclass(frozen=True)
class AnyOf:
    """A keyword, integer or bool field holds one of `values`."""

    field: str
    values: tuple[str | int | bool, ...]


@dataclass(frozen=True)
class Range:
    """A number, or a moment in ISO 8601 (UTC), lies between the bounds; None is open."""

    field: str
    kind: FieldType
    gt: float | str | None = None
    gte: float | str | None = None
    lt: float | str | None = None
    lte: float | str | None = None


@dataclass(frozen=True)
class Near:
    """A place lies within `km` kilometres (great circle) of a point in degrees."""

    field: str
    lat: float
    lon: float
    km: float


@dataclass(frozen=True)
class Box:
    """A place lies in a box of degrees or on its edge; west exceeds east across the date line."""

    field: str
    north: float
    west: float
    south: float
    east: float


@dataclass(frozen=True)
class Matches:
    """A text field holds all words of `text`."""

    field: str
    text: str


@dataclass(frozen=True)
class Sequence:
    """A text field holds the words of `text` one after the other, in any case."""

    field: str
    text: str


@dataclass(frozen=True)
class Prefix:
    """A keyword field starts with `prefix`."""

    field: str
    prefix: str


@dataclass(frozen=True)
class Exists:
    """The field has a value that is not null and not an empty list."""

    field: str


@dataclass(frozen=True)
class And:
    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Or:
    parts: tuple[Filter, ...]


@dataclass(frozen=True)
class Not:
    part: Filter


Condition: TypeAlias = AnyOf | Range | Near | Box | Matches | Sequence | Prefix | Exists
Filter: TypeAlias = Condition | And | Or | Not


def both(*filters: Filter | None) -> Filter | None:
    """All of the filters that are given; None where none is."""
    given = tuple(part for part in filters if part is not None)
    if len(given) <= 1:
        return given[0] if given else None
    return And(given)
