"""Typed fields of a collection: which there are, and what values they take."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from core.errors import InvalidItem, InvalidName


class FieldType(StrEnum):
    KEYWORD = "keyword"  # exact strings; a list means several values
    TEXT = "text"  # words, matched by tokens
    INTEGER = "integer"  # 64-bit
    FLOAT = "float"  # finite doubles
    BOOL = "bool"
    DATETIME = "datetime"  # ISO 8601; without an offset it is UTC
    GEO = "geo"  # [latitude, longitude] in degrees


BUILTIN_FIELDS: Mapping[str, FieldType] = MappingProxyType(
    {
        "id": FieldType.KEYWORD,
        "title": FieldType.TEXT,
        "description": FieldType.TEXT,
        "tags": FieldType.KEYWORD,
        "owner_id": FieldType.KEYWORD,
        "uploaded_at": FieldType.DATETIME,
        "visibility": FieldType.KEYWORD,
        "width": FieldType.INTEGER,
        "height": FieldType.INTEGER,
        "aspect": FieldType.FLOAT,  # width / height
        "product_id": FieldType.KEYWORD,  # of the images of one product; absent: its own product
        "colors": FieldType.KEYWORD,  # names of the dominant colours
        "duplicate_group": FieldType.KEYWORD,  # id of the first of its near-duplicates
        "safety": FieldType.FLOAT,  # 0 to 1, which is unsafe; absent: not judged
    }
)
"""Fields that every item may carry, with the types they are indexed by."""

DERIVED_FIELDS = frozenset({"aspect", "product_id", "colors", "duplicate_group", "safety"})
"""Built-in fields that a collection may declare itself: then they hold what its catalog says, in
the declared type, and nothing is derived into them. Collections did so before these fields came."""

_RESERVED = frozenset({"and", "or", "not", "image"})
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_INT64 = 2**63
_BOOL_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_NUMBERS = (FieldType.INTEGER, FieldType.FLOAT)
_POLE, _DATE_LINE = 89.999999999, 179.999999999
"""A tenth of a millimetre short of the edges of the map, which the engine's index can't hold."""
_DATE_FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d", "%d.%m.%Y")


@dataclass(frozen=True)
class Schema:
    """The declared attributes of a collection, beside the built-in fields.

    phrases: whether its text fields are indexed for phrases; collections made before are not.
    """

    attributes: Mapping[str, FieldType] = field(default_factory=dict)
    phrases: bool = True

    def __post_init__(self) -> None:
        for name in self.attributes:
            check_field_name(name)

    @property
    def fields(self) -> dict[str, FieldType]:
        """Built-in and declared fields by name; a declared type wins."""
        return {**BUILTIN_FIELDS, **self.attributes}

    def derives(self, name: str) -> bool:
        """Whether `name` is a field that Binocle fills itself, and so of the built-in type."""
        return name in DERIVED_FIELDS and name not in self.attributes


def check_field_name(name: str) -> None:
    """Raise InvalidName unless `name` can name a catalog's own attribute."""
    if not _NAME.fullmatch(name):
        raise InvalidName(
            f"'{name}' can't name a field.",
            hint="Use letters, digits and underscores, starting with a letter, at most 64.",
            field=name,
        )
    if _is_taken(name):
        raise InvalidName(f"'{name}' is taken by Binocle; give the field another name.", field=name)


def field_name(column: str) -> str:
    """A column's heading as a field name: 'Article Type' becomes 'article_type'."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", column).strip("_").lower()[:64]
    if not name or not name[0].isalpha():
        name = f"f_{name}"[:64]
    return f"{name}_" if _is_taken(name) else name


def _is_taken(name: str) -> bool:
    return name in _RESERVED or (name in BUILTIN_FIELDS and name not in DERIVED_FIELDS)


_LISTS = (list, tuple, set, frozenset)


def coerce(name: str, value: Any, kind: FieldType) -> Any:
    """`value` as field `name` stores it: JSON types only; a list stays a list.

    Raises InvalidItem, which names the field, the value and the type, when it does not fit.
    None, NaN and blank strings are None: the field is absent; so is the text 'NaN' of a number.
    """
    if value is None:  # first: of most fields, most items have nothing
        return None
    if isinstance(value, str):
        if not value or value.isspace() or (kind in _NUMBERS and _is_nan(value)):
            return None
    elif isinstance(value, _LISTS) and kind is not FieldType.GEO:
        members = [coerce(name, member, kind) for member in value]
        return [member for member in members if member is not None]
    elif isinstance(value, float) and math.isnan(value):
        return None
    try:
        return _COERCE[kind](value)
    except (TypeError, ValueError, OverflowError) as error:
        shown = repr(value) if len(repr(value)) <= 80 else repr(value)[:77] + "..."
        raise InvalidItem(
            f"Field '{name}' is declared as {kind.value}, but its value is {shown}.",
            hint=str(error) if isinstance(error, _Reason) else "",
            field=name,
        ) from error


def infer_type(values: Iterable[Any]) -> FieldType:
    """The narrowest type that takes all of `values`; keyword when none does or all are empty.

    Digit strings with leading zeros (codes, postcodes) stay keywords.
    """
    seen = [v for v in values if coerce("", v, FieldType.KEYWORD) not in (None, [])]
    if not seen:
        return FieldType.KEYWORD
    if any(_is_code(v) for v in seen):
        return FieldType.KEYWORD
    order = (FieldType.BOOL, FieldType.INTEGER, FieldType.FLOAT, FieldType.DATETIME)
    real = [v for v in seen if not _is_nan(v)]
    for kind in order:
        if real and all(_fits(v, kind) for v in (real if kind in _NUMBERS else seen)):
            return kind
    long = sum(len(v) > 80 for v in seen if isinstance(v, str))
    return FieldType.TEXT if long * 2 > len(seen) else FieldType.KEYWORD


class _Reason(ValueError):
    """A ValueError whose text is meant for people."""


def _is_nan(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() == "nan"


def _is_code(value: Any) -> bool:
    text = value if isinstance(value, str) else ""
    return len(text) > 1 and text[0] == "0" and text.isdigit()


def _fits(value: Any, kind: FieldType) -> bool:
    if kind is FieldType.BOOL and value in (0, 1, "0", "1") and not isinstance(value, bool):
        return False  # counts are not truths
    if kind is FieldType.DATETIME and isinstance(value, int | float):
        return False
    try:
        return coerce("", value, kind) is not None
    except InvalidItem:
        return False


def _keyword(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | date):
        return str(value).strip()
    raise _Reason(f"{type(value).__name__} is no string.")


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise _Reason("true and false are no numbers.")
    if isinstance(value, float) and not value.is_integer():
        raise _Reason("It has a fraction.")
    number = int(value.strip()) if isinstance(value, str) else int(value)
    if not -_INT64 <= number < _INT64:
        raise _Reason("It does not fit in 64 bits.")
    return number


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise _Reason("true and false are no numbers.")
    number = float(value)
    if not math.isfinite(number):
        raise _Reason("It is not finite.")
    return number


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _BOOL_WORDS:
        raise _Reason("Use true or false.")
    return _BOOL_WORDS[word]


def _datetime(value: Any) -> str:
    moment = parse_datetime(value)
    return moment.isoformat().replace("+00:00", "Z")


def parse_datetime(value: Any) -> datetime:
    """A moment in UTC from ISO 8601, a few common forms, a date, or seconds since 1970."""
    if isinstance(value, bool):
        raise _Reason("true and false are no dates.")
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, int | float):
        moment = datetime.fromtimestamp(value, tz=UTC)
    else:
        moment = _datetime_from_text(str(value).strip())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _datetime_from_text(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise _Reason("Use ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z.")


def _geo(value: Any) -> dict[str, float]:
    if isinstance(value, Mapping):
        pair = (value.get("lat"), value.get("lon"))
    elif isinstance(value, str):
        pair = tuple(value.split(","))  # type: ignore[assignment]
    else:
        pair = tuple(value)
    if len(pair) != 2 or None in pair:
        raise _Reason("Use [latitude, longitude] in degrees.")
    lat, lon = _float(pair[0]), _float(pair[1])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise _Reason("Latitude is -90 to 90, longitude -180 to 180.")
    return {
        "lat": min(max(lat, -_POLE), _POLE),
        "lon": min(max(lon, -_DATE_LINE), _DATE_LINE),
    }


_COERCE: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.KEYWORD: _keyword,
    FieldType.TEXT: _keyword,
    FieldType.INTEGER: _integer,
    FieldType.FLOAT: _float,
    FieldType.BOOL: _bool,
    FieldType.DATETIME: _datetime,
    FieldType.GEO: _geo,
}
