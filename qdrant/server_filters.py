"""Filters compiled to the server's. Every condition runs inside the server."""

from __future__ import annotations

from typing import Any

from qdrant_client.http import models

from core.fields import FieldType, parse_datetime
from core.filters import (
    And,
    AnyOf,
    Box,
    Condition,
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
from qdrant.places import edges, is_large, radius_m
from qdrant.ranges import tightest


def compiled(filter: Filter | None) -> models.Filter | None:
    """The server's form of `filter`; None stays None."""
    return None if filter is None else _filter(filter)


def _filter(part: Filter) -> models.Filter:
    if isinstance(part, And):
        return models.Filter(must=[_filter(each) for each in part.parts])
    if isinstance(part, Or):
        return models.Filter(should=[_filter(each) for each in part.parts])
    if isinstance(part, Not):
        return models.Filter(must_not=[_filter(part.part)])
    if isinstance(part, Exists):
        empty = models.IsEmptyCondition(is_empty=models.PayloadField(key=part.field))
        return models.Filter(must_not=[empty])
    if isinstance(part, AnyOf) and any(isinstance(value, bool) for value in part.values):
        return models.Filter(should=[_truth(part.field, bool(value)) for value in part.values])
    if isinstance(part, Near | Box):
        return _place(part)
    return models.Filter(must=[_condition(part)])


def _truth(field: str, value: bool) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def _condition(part: Condition) -> models.FieldCondition:
    if isinstance(part, AnyOf):
        values: Any = list(part.values)
        return models.FieldCondition(key=part.field, match=models.MatchAny(any=values))
    if isinstance(part, Range):
        return models.FieldCondition(key=part.field, range=_range(part))
    if isinstance(part, Matches):
        return models.FieldCondition(key=part.field, match=models.MatchText(text=part.text))
    if isinstance(part, Sequence):
        return models.FieldCondition(key=part.field, match=models.MatchPhrase(phrase=part.text))
    if isinstance(part, Prefix):
        return models.FieldCondition(key=part.field, match=models.MatchPrefix(prefix=part.prefix))
    raise TypeError(f"no condition on a field: {part!r}")


def _range(part: Range) -> models.Range | models.DatetimeRange:
    bounds = tightest(part)
    if part.kind is FieldType.DATETIME:
        moments = {name: parse_datetime(bound) for name, bound in bounds.items()}
        return models.DatetimeRange(**moments)
    return models.Range(**{name: float(bound) for name, bound in bounds.items()})


def _place(part: Near | Box) -> models.Filter:
    """A circle or a box, asked as qdrant.places tells."""
    if isinstance(part, Near):
        centre = models.GeoPoint(lon=part.lon, lat=part.lat)
        circle = models.GeoRadius(center=centre, radius=radius_m(part))
        condition = models.FieldCondition(key=part.field, geo_radius=circle)
    else:
        outer = edges(part)
        box = models.GeoBoundingBox(
            top_left=models.GeoPoint(lon=outer.west, lat=outer.north),
            bottom_right=models.GeoPoint(lon=outer.east, lat=outer.south),
        )
        condition = models.FieldCondition(key=part.field, geo_bounding_box=box)
    if not is_large(part):
        return models.Filter(must=[condition])
    # The server never walks an index to answer a "not": it asks of each point.
    return models.Filter(must_not=[models.Filter(must_not=[condition])])
