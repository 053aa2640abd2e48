"""The JSON form of filters, and how it becomes the tree of `core.filters`.

    {"brand": "acme"}                         equal; a list means any of
    {"brand": {"any": [...], "none": [...]}}  any of, none of
    {"price": {"gte": 10, "lt": 50}}          numbers and datetimes
    {"place": {"near": [48.1, 11.6], "km": 5}}
    {"place": {"box": [[48.2, 11.4], [48.0, 11.7]]}}   upper left and lower right corner
    {"title": {"match": "red shoes"}}         text: all words, in any order, any case
    {"title": {"phrase": "red shoes"}}        text: these words in this order, any case
    {"brand": {"prefix": "ac"}}               keyword: starts with, case counts
    {"brand": {"exists": false}}
    {"and": [...], "or": [...], "not": {...}}

Several keys of one object all have to hold. A field with several values matches if one of them
does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from core.errors import InvalidFilter, InvalidItem
from core.fields import FieldType, Schema, coerce
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

MAX_DEPTH = 10
MAX_CONDITIONS = 500

_EQUAL = (FieldType.KEYWORD, FieldType.INTEGER, FieldType.BOOL)
_ORDERED = (FieldType.INTEGER, FieldType.FLOAT, FieldType.DATETIME)
_BOUNDS = ("gt", "gte", "lt", "lte")


def parse_filter(expression: Any, schema: Schema) -> Filter | None:
    """The filter that a JSON value (or JSON text) expresses; None for none or an empty object.

    Raises InvalidFilter, which names the field and what there is instead.
    """
    expression = filter_json(expression)
    if expression is None or expression == {}:
        return None
    return _Parser(schema).parse(expression, depth=0)


def filter_json(expression: Any) -> Any:
    """The value of an expression that may be JSON text. Raises InvalidFilter where it is none."""
    if not isinstance(expression, str):
        return expression
    try:
        return json.loads(expression)
    except (ValueError, RecursionError) as error:
        raise InvalidFilter(f"The filter is not JSON: {error}.") from None


class _Parser:
    def __init__(self, schema: Schema) -> None:
        self._fields = schema.fields
        self._phrases = schema.phrases
        self._conditions = 0

    def parse(self, expression: Any, depth: int) -> Filter:
        if depth > MAX_DEPTH:
            raise InvalidFilter(f"The filter is nested more than {MAX_DEPTH} deep.")
        if not isinstance(expression, Mapping) or not expression:
            raise InvalidFilter(
                f"A filter is an object of fields and conditions, not {_shown(expression)}."
            )
        parts = [self._entry(key, value, depth) for key, value in expression.items()]
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _entry(self, key: str, value: Any, depth: int) -> Filter:
        if key in ("and", "or"):
            if not isinstance(value, list) or not value:
                raise InvalidFilter(f"'{key}' takes a list of filters, not {_shown(value)}.")
            parts = tuple(self.parse(part, depth + 1) for part in value)
            return And(parts) if key == "and" else Or(parts)
        if key == "not":
            return Not(self.parse(value, depth + 1))
        return self._field(key, value)

    def _field(self, name: str, value: Any) -> Filter:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise InvalidFilter(f"The filter has more than {MAX_CONDITIONS} conditions.")
        kind = self._fields.get(name)
        if kind is None:
            raise InvalidFilter(
                f"There is no field '{name}'.",
                hint=f"Fields: {', '.join(sorted(self._fields))}.",
                field=name,
            )
        if not isinstance(value, Mapping):
            values = value if isinstance(value, list) else [value]
            return _any_of(name, kind, values)
        if not value:
            raise InvalidFilter(f"The condition on '{name}' is empty.", field=name)
        if "phrase" in value and not self._phrases:
            raise InvalidFilter(
                "This collection was made before phrases could be asked for.",
                hint='Use "match", or load it anew (`binocle ingest ... --replace`).',
                field=name,
            )
        return _conditions(name, kind, value)


def _conditions(name: str, kind: FieldType, operators: Mapping[str, Any]) -> Filter:
    rest = dict(operators)
    parts: list[Filter] = []
    bounds = {key: rest.pop(key) for key in _BOUNDS if key in rest}
    if bounds:
        parts.append(_range(name, kind, bounds))
    if "near" in rest:
        parts.append(_near(name, kind, rest.pop("near"), rest.pop("km", None)))
    for operator, operand in rest.items():
        build = _OPERATORS.get(operator)
        if build is None:
            raise InvalidFilter(
                f"'{name}' has an unknown operator '{operator}'.",
                hint=f"Operators: {', '.join(sorted({*_OPERATORS, *_BOUNDS, 'near'}))}.",
                field=name,
            )
        parts.append(build(name, kind, operand))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _any_of(name: str, kind: FieldType, values: Any) -> Filter:
    if not isinstance(values, list) or not values:
        raise InvalidFilter(f"'{name}' takes a value or a list that is not empty.", field=name)
    wanted = tuple(_value(name, kind, value) for value in values)
    if kind is FieldType.TEXT:
        return _or(tuple(_matches(name, kind, text) for text in wanted))
    if kind in _EQUAL:
        return AnyOf(name, wanted)
    if kind is FieldType.GEO:
        _refuse(name, kind, "equality", "near and km, or box")
    return _or(tuple(Range(name, kind, gte=value, lte=value) for value in wanted))


def _none_of(name: str, kind: FieldType, values: Any) -> Filter:
    return Not(_any_of(name, kind, values))


def _range(name: str, kind: FieldType, bounds: Mapping[str, Any]) -> Filter:
    if kind not in _ORDERED:
        _refuse(name, kind, "a range", "a value or a list of values")
    checked_kind = FieldType.FLOAT if kind is FieldType.INTEGER else kind
    return Range(name, kind, **{k: _value(name, checked_kind, v) for k, v in bounds.items()})


def _near(name: str, kind: FieldType, centre: Any, km: Any) -> Filter:
    if kind is not FieldType.GEO:
        _refuse(name, kind, "near", "a value or a range")
    place = _value(name, kind, centre)
    if isinstance(km, bool) or not isinstance(km, int | float) or not 0 < km <= 20_100:
        raise InvalidFilter(f"'{name}' with near needs km, a number above 0.", field=name)
    return Near(name, place["lat"], place["lon"], float(km))


def _box(name: str, kind: FieldType, corners: Any) -> Filter:
    if kind is not FieldType.GEO:
        _refuse(name, kind, "box", "a value or a range")
    if not isinstance(corners, list) or len(corners) != 2:
        raise InvalidFilter(f"'{name}' with box needs [[north, west], [south, east]].", field=name)
    first, second = (_value(name, kind, corner) for corner in corners)
    if first["lat"] < second["lat"]:
        raise InvalidFilter(f"'{name}': the box's north lies south of its south.", field=name)
    return Box(name, first["lat"], first["lon"], second["lat"], second["lon"])


def _matches(name: str, kind: FieldType, text: Any) -> Filter:
    if kind is not FieldType.TEXT:
        _refuse(name, kind, "match", "equality or prefix")
    if not isinstance(text, str) or not any(letter.isalnum() for letter in text):
        raise InvalidFilter(f"'{name}' with match needs at least one word.", field=name)
    return Matches(name, text)


def _sequence(name: str, kind: FieldType, text: Any) -> Filter:
    if kind is not FieldType.TEXT:
        _refuse(name, kind, "phrase", "equality or prefix")
    if not isinstance(text, str) or not any(letter.isalnum() for letter in text):
        raise InvalidFilter(f"'{name}' with phrase needs at least one word.", field=name)
    return Sequence(name, text)


def _prefix(name: str, kind: FieldType, prefix: Any) -> Filter:
    if kind is not FieldType.KEYWORD:
        _refuse(name, kind, "prefix", "match" if kind is FieldType.TEXT else "a range")
    if not isinstance(prefix, str) or not prefix:
        raise InvalidFilter(f"'{name}' with prefix needs a text that is not empty.", field=name)
    return Prefix(name, prefix)


def _exists(name: str, _: FieldType, wanted: Any) -> Filter:
    if not isinstance(wanted, bool):
        raise InvalidFilter(f"'{name}' with exists takes true or false.", field=name)
    return Exists(name) if wanted else Not(Exists(name))


_OPERATORS: Mapping[str, Callable[[str, FieldType, Any], Filter]] = {
    "any": _any_of,
    "none": _none_of,
    "box": _box,
    "match": _matches,
    "phrase": _sequence,
    "prefix": _prefix,
    "exists": _exists,
}


def _or(parts: tuple[Filter, ...]) -> Filter:
    return parts[0] if len(parts) == 1 else Or(parts)


_JSON_TYPES: Mapping[FieldType, tuple[type, ...]] = {
    FieldType.KEYWORD: (str,),
    FieldType.TEXT: (str,),
    FieldType.INTEGER: (int,),
    FieldType.FLOAT: (int, float),
    FieldType.BOOL: (bool,),
    FieldType.DATETIME: (str,),
    FieldType.GEO: (list, dict),
}


def _value(name: str, kind: FieldType, value: Any) -> Any:
    """A filter's operand: stricter than an item's value, since nothing here comes from a CSV."""
    right = isinstance(value, _JSON_TYPES[kind])
    if isinstance(value, bool) and kind is not FieldType.BOOL:
        right = False
    if right:
        try:
            coerced = coerce(name, value, kind)
        except InvalidItem as error:
            raise InvalidFilter(error.message, hint=error.hint, field=name) from None
        if coerced is not None:
            return coerced
    raise InvalidFilter(
        f"'{name}' is of type {kind.value}, and {_shown(value)} is not.", field=name
    )


def _refuse(name: str, kind: FieldType, what: str, instead: str) -> NoReturn:
    raise InvalidFilter(
        f"'{name}' is of type {kind.value}, which has no {what}.",
        hint=f"Use {instead}.",
        field=name,
    )


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
