"""Values of conditions, by the type of their field: from what was typed to the filter's JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.search.language.box import Anything, Circle, Exactly, Span, StartsWith, Value
from app.search.language.scanner import Text
from core.errors import InvalidQuery
from core.fields import FieldType, parse_datetime

ORDERED = (FieldType.INTEGER, FieldType.FLOAT, FieldType.DATETIME)
_NUMBER = re.compile(r"[$€£¥]?(-?\d{1,15}(?:\.\d{1,15})?)[$€£¥]?")
_COMPARED = re.compile(r"(<=|>=|<|>)(.+)")
_YEAR = re.compile(r"(\d{4})(?:-(\d\d))?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_HALF_AROUND_KM = 20_100
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def values_of(field: str, kind: FieldType, given: Sequence[Text]) -> tuple[Value, ...]:
    """What the values mean in a field of this type. Raises InvalidQuery where they mean nothing."""
    if kind is FieldType.GEO and [each.text for each in given] != ["*"]:
        return (_circle(field, given),)
    return tuple(value_of(field, kind, each) for each in given)


def value_of(field: str, kind: FieldType, given: Text) -> Value:
    """What a value means in a field of this type. Raises InvalidQuery where it means nothing."""
    if given.quoted:
        return _checked(field, kind, Exactly(given.text))
    text = given.text
    if text == "*":
        return Anything()
    if kind is FieldType.KEYWORD and text.endswith("*") and "*" not in text[:-1]:
        return StartsWith(text[:-1])
    if kind in ORDERED:
        return _checked(field, kind, _ordered(text))
    return _checked(field, kind, Exactly(text))


def number_of(text: str) -> str | None:
    """The number that is typed, a currency's sign beside it or not, in plain digits; None where it
    is none."""
    found = _NUMBER.fullmatch(text)
    return format(Decimal(found[1]).normalize() + 0, "f") if found else None


def bounds_json(span: Span, kind: FieldType) -> dict[str, Any]:
    """The span as the bounds of a filter. Of a year, a month or a day, the whole of it counts."""
    bounds: dict[str, Any] = {}
    if span.low is not None:
        if kind is FieldType.DATETIME:
            first, end = period(span.low)
            bounds["gte"] = end if span.above else first
        else:
            bounds["gt" if span.above else "gte"] = _number(span.low)
    if span.high is not None:
        if kind is FieldType.DATETIME:
            first, end = period(span.high)
            bounds["lt"] = first if span.below else end
        else:
            bounds["lt" if span.below else "lte"] = _number(span.high)
    return bounds


def exact_json(text: str, kind: FieldType) -> Any:
    """The value as a filter's JSON has it: for moments, the bounds of the period it names."""
    if kind is FieldType.DATETIME:
        first, end = period(text)
        return {"gte": first, "lt": end}
    if kind is FieldType.BOOL:
        return _TRUTHS[text.lower()]
    if kind in (FieldType.INTEGER, FieldType.FLOAT):
        return _number(text)
    return text


def period(text: str) -> tuple[str, str]:
    """First moment of the year, month, day or second that `text` names, and of the one after it,
    in ISO 8601. Raises ValueError."""
    found = _YEAR.fullmatch(text)
    if found:
        year, month = int(found[1]), int(found[2] or 1)
        first = datetime(year, month, 1, tzinfo=UTC)
        months = 1 if found[2] else 12
        ahead = year * 12 + month - 1 + months
        return _iso(first), _iso(datetime(ahead // 12, ahead % 12 + 1, 1, tzinfo=UTC))
    first = parse_datetime(text)
    length = timedelta(days=1) if _DAY.fullmatch(text) else timedelta(seconds=1)
    return _iso(first), _iso(first + length)


def _circle(field: str, given: Sequence[Text]) -> Circle:
    """`48.1,11.6,5km`"""
    texts = [each.text for each in given]
    try:
        lat, lon, far = texts
        circle = Circle(_plain(lat), _plain(lon), _plain(far.lower().removesuffix("km")))
        if not (abs(float(circle.lat)) <= 90 and abs(float(circle.lon)) <= 180):
            raise ValueError
        if not 0 < float(circle.km) <= _HALF_AROUND_KM:
            raise ValueError
    except ValueError:
        raise InvalidQuery(
            f"'{field}:{','.join(texts)[:60]}' can't be used: '{field}' is a place.",
            hint=f"Write {field}:48.1,11.6,5km: latitude, longitude, and how far around.",
            field="q",
        ) from None
    return circle


def _ordered(text: str) -> Value:
    compared = _COMPARED.fullmatch(text)
    if compared:
        sign, bound = compared[1], compared[2]
        if sign.startswith("<"):
            return Span(high=bound, below=sign == "<")
        return Span(low=bound, above=sign == ">")
    low, dots, high = text.partition("..")
    if dots and (low or high):
        return Span(low=low) if not high else Span(low=low or None, high=high)
    return Exactly(text)


def _checked(field: str, kind: FieldType, value: Value) -> Value:
    """`value`, in plain form. Raises InvalidQuery where the field can't have it."""
    shown = str(value)
    try:
        if isinstance(value, Span):
            return _checked_span(value, kind)
        assert isinstance(value, Exactly)
        if kind is FieldType.BOOL and value.text.lower() not in _TRUTHS:
            raise ValueError("say yes or no")
        if kind in (FieldType.INTEGER, FieldType.FLOAT):
            return Exactly(_plain(value.text))
        if kind is FieldType.DATETIME:
            period(value.text)
        if kind is FieldType.TEXT and not any(letter.isalnum() for letter in value.text):
            raise ValueError("say a word")
        return value
    except (ValueError, OverflowError) as error:
        raise InvalidQuery(
            f"'{field}:{shown[:60]}' can't be used: '{field}' is of type {kind.value} ({error}).",
            hint=f'Leave a space after the colon, or write "{field}:" in quotes, to search for the '
            "text.",
            field="q",
        ) from None


def _checked_span(span: Span, kind: FieldType) -> Span:
    if kind is FieldType.DATETIME:
        low, high = _unspaced(span.low), _unspaced(span.high)
        starts = [period(bound)[0] for bound in (low, high) if bound is not None]
        checked = Span(low, high, span.above, span.below)
    else:
        low = None if span.low is None else _plain(span.low)
        high = None if span.high is None else _plain(span.high)
        starts = [float(bound) for bound in (low, high) if bound is not None]  # type: ignore[misc]
        checked = Span(low, high, span.above, span.below)
    if len(starts) == 2 and starts[0] > starts[1]:
        raise ValueError(f"{span.low} comes after {span.high}")
    return checked


def _unspaced(moment: str | None) -> str | None:
    return None if moment is None else moment.strip().replace(" ", "T")


def _plain(text: str) -> str:
    """The number without signs of currencies and needless digits."""
    number = number_of(text)
    if number is None:
        raise ValueError("say a number, a range such as 10..50, or a bound such as <50")
    return number


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
