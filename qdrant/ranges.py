"""Ranges, with at most one bound on each side: of gt and gte together, the engines see but one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.fields import FieldType, parse_datetime
from core.filters import Range


def tightest(part: Range) -> dict[str, float | str]:
    """The bounds that decide, by their names: at most one of gt, gte and one of lt, lte."""
    order: Callable[[Any], Any] = parse_datetime if part.kind is FieldType.DATETIME else float
    bounds = {"gt": part.gt, "gte": part.gte, "lt": part.lt, "lte": part.lte}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    if "gt" in given and "gte" in given:
        del given["gte" if order(given["gt"]) >= order(given["gte"]) else "gt"]
    if "lt" in given and "lte" in given:
        del given["lte" if order(given["lt"]) <= order(given["lte"]) else "lt"]
    return given
