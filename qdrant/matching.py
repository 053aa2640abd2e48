"""What a filter means, written down plainly: the yardstick for what the engines make of it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import regex

from core.fields import FieldType, parse_datetime
from core.filters import (
    And,
    AnyOf,
    Box,
    Exists,
    Filter,
    Matches,
    Near,
    Not,
    Or,
    Prefix,
    Range,
    Sequence,
)

EARTH_RADIUS_KM = 6371.0088
_WORD = regex.compile(r"[\p{Alphabetic}\p{N}]+")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def matches(filter: Filter | None, payload: Mapping[str, Any]) -> bool:
    """Whether a point with `payload` passes. None lets everything through."""
    if filter is None:
        return True
    if isinstance(filter, And):
        return all(matches(part, payload) for part in filter.parts)
    if isinstance(filter, Or):
        return any(matches(part, payload) for part in filter.parts)
    if isinstance(filter, Not):
        return not matches(filter.part, payload)
    values = field_values(payload, filter.field)
    if isinstance(filter, Exists):
        return bool(values)
    if isinstance(filter, Matches):  # the words may lie in different members of a list
        return words(filter.text) <= {word for value in values for word in words(value)}
    if isinstance(filter, Sequence):
        return any(_in_order(filter.text, str(value)) for value in values)
    return any(_holds(filter, value) for value in values)


def field_values(payload: Mapping[str, Any], field: str) -> list[Any]:
    """The values of a field: none, one, or those of a list; nulls are no values."""
    stored = payload.get(field)
    values = stored if isinstance(stored, list) else [stored]
    return [value for value in values if value is not None]


def words(text: str) -> set[str]:
    """Runs of letters and digits of any script, in lower case."""
    return {word.lower() for word in _WORD.findall(text)}


def _in_order(phrase: str, text: str) -> bool:
    """Whether the words of `phrase` stand one after the other in `text`."""
    wanted, found = _sequence(phrase), _sequence(text)
    ends = range(len(wanted), len(found) + 1)
    return any(found[end - len(wanted) : end] == wanted for end in ends)


def _sequence(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _holds(condition: AnyOf | Range | Near | Box | Prefix, value: Any) -> bool:
    if isinstance(condition, AnyOf):
        return any(type(value) is type(wanted) and value == wanted for wanted in condition.values)
    if isinstance(condition, Prefix):
        return bool(value.startswith(condition.prefix))
    if isinstance(condition, Range):
        return _between(condition, value)
    lat, lon = math.radians(value["lat"]), math.radians(value["lon"])
    if isinstance(condition, Near):
        centre = math.radians(condition.lat), math.radians(condition.lon)
        return distance_km(lat, lon, *centre) <= condition.km
    return _inside(condition, value["lat"], value["lon"])


def _between(condition: Range, value: Any) -> bool:
    read = _moment if condition.kind is FieldType.DATETIME else float
    bounds = {name: getattr(condition, name) for name in _COMPARE}
    return all(
        _COMPARE[name](read(value), read(bound))
        for name, bound in bounds.items()
        if bound is not None
    )


def _moment(text: str) -> datetime:
    return parse_datetime(text)


def distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance between two places in radians (haversine)."""
    across = math.sin((other_lat - lat) / 2) ** 2
    along = math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(across + along, 1.0)))


def _inside(box: Box, lat: float, lon: float) -> bool:
    if not box.south <= lat <= box.north:
        return False
    if box.west <= box.east:
        return box.west <= lon <= box.east
    return lon >= box.west or lon <= box.east
