"""Filters compiled to the embedded engine's. Every condition runs inside the engine."""

from __future__ import annotations

import numpy as np
import qdrant_edge as engine

from core.fields import FieldType
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
from qdrant.edge_places import box, circle
from qdrant.ranges import tightest


def compiled(filter: Filter | None) -> engine.Filter | None:
    """The engine's form of `filter`; None stays None."""
    return None if filter is None else _filter(filter)


def _filter(part: Filter) -> engine.Filter:
    if isinstance(part, And):
        return engine.Filter(must=[_filter(each) for each in part.parts])
    if isinstance(part, Or):
        return engine.Filter(should=[_filter(each) for each in part.parts])
    if isinstance(part, Not):
        return engine.Filter(must_not=[_filter(part.part)])
    if isinstance(part, Exists):
        return engine.Filter(must_not=[engine.IsEmptyCondition(part.field)])
    if isinstance(part, AnyOf) and any(isinstance(value, bool) for value in part.values):
        return engine.Filter(should=[_truth(part.field, bool(value)) for value in part.values])
    if isinstance(part, Near):
        return circle(part)
    if isinstance(part, Box):
        return box(part)
    return engine.Filter(must=[_condition(part)])


def _truth(field: str, value: bool) -> engine.FieldCondition:
    # The binding reads a Python bool as the integer 0 or 1, which no bool index holds; NumPy's
    # bool is not an integer and comes through as what it is.
    truth: bool = np.bool_(value)  # type: ignore[assignment]
    return engine.FieldCondition(field, match=engine.MatchValue(truth))


def _condition(part: Condition) -> engine.FieldCondition:
    if isinstance(part, AnyOf):
        values: list[str] | list[int] = list(part.values)  # type: ignore[assignment]
        return engine.FieldCondition(part.field, match=engine.MatchAny(values))
    if isinstance(part, Range):
        return engine.FieldCondition(part.field, range=_range(part))
    if isinstance(part, Matches):
        return engine.FieldCondition(part.field, match=engine.MatchText(part.text))
    if isinstance(part, Sequence):
        return engine.FieldCondition(part.field, match=engine.MatchPhrase(part.text))
    if isinstance(part, Prefix):
        return engine.FieldCondition(part.field, match=engine.MatchPrefix(part.prefix))
    raise TypeError(f"no condition on a field: {part!r}")


def _range(part: Range) -> engine.RangeFloat | engine.RangeDateTime:
    bounds = tightest(part)
    if part.kind is FieldType.DATETIME:
        return engine.RangeDateTime(**{name: str(bound) for name, bound in bounds.items()})
    return engine.RangeFloat(**{name: float(bound) for name, bound in bounds.items()})
