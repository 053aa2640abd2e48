"""Numeric histograms: how many points have their value in each of several ranges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.errors import InvalidQuery
from core.fields import FieldType
from core.filters import Filter, Range, both
from qdrant.ordering import sort_value
from qdrant.store import Generation, Order

MAX_BINS = 50
_NUMBERS = (FieldType.INTEGER, FieldType.FLOAT)


@dataclass(frozen=True)
class Bin:
    """Points with a value from `low` on and below `high`; the last bin holds its `high`, too."""

    low: float
    high: float
    count: int


def histogram(
    generation: Generation,
    field: str,
    *,
    filter: Filter | None = None,
    bins: int = 10,
    edges: Sequence[float] | None = None,
) -> list[Bin]:
    """Exact counts of an integer or float field among the points that pass, lowest bin first.

    A point with several values counts in each bin that holds one. Without `edges` the bins are of
    one width, which is 1, 2 or 5 times a power of ten: at most `bins`, from the lowest value to the
    highest. No bins where no point has a value. Raises InvalidQuery.
    """
    kinds = generation.config.schema.fields
    if kinds.get(field) not in _NUMBERS:
        able = sorted(name for name, kind in kinds.items() if kind in _NUMBERS)
        raise InvalidQuery(
            f"There is no histogram of '{field}': it is no number.",
            hint=f"Numbers: {', '.join(able)}.",
            field="histograms",
        )
    if edges is None:
        check_bins(bins)
        edges = _edges(generation, field, filter, bins)
    else:
        check_edges(edges)
    pairs = list(pairwise(edges))
    kind = kinds[field]

    def count(low: float, high: float, last: bool) -> int:
        upper: dict[str, Any] = {"lte": high} if last else {"lt": high}
        return generation.count(both(filter, Range(field, kind, gte=low, **upper)))

    return [
        Bin(low, high, count(low, high, at == len(pairs) - 1))
        for at, (low, high) in enumerate(pairs)
    ]


def check_bins(bins: int) -> None:
    """Raises InvalidQuery for a number of bins that can't be."""
    if not 1 <= bins <= MAX_BINS:
        raise InvalidQuery(
            f"A histogram of {bins} bins; 1 to {MAX_BINS} are allowed.", field="histograms"
        )


def check_edges(edges: Sequence[float]) -> None:
    """Raises InvalidQuery for edges that do not rise."""
    rising = all(low < high for low, high in pairwise(edges))
    if not (2 <= len(edges) <= MAX_BINS + 1 and rising and all(map(math.isfinite, edges))):
        raise InvalidQuery(
            f"The edges of a histogram are 2 to {MAX_BINS + 1} rising numbers.", field="histograms"
        )


def _edges(generation: Generation, field: str, filter: Filter | None, bins: int) -> list[float]:
    ends = []
    for descending in (False, True):
        order = Order(field, descending)
        for point in generation.first_by(order, filter=filter, limit=1):
            ends.append(float(sort_value(point.payload, order, generation.config)))
    if not ends:
        return []
    low, high = ends
    if low == high or bins == 1:
        return [low, high]
    width = _round_width((high - low) / bins)
    while math.ceil(high / width) - math.floor(low / width) > bins:
        width = _round_width(width * 1.01)
    start = math.floor(low / width)
    stop = max(math.ceil(high / width), start + 1)
    edges = [float(f"{at * width:.12g}") for at in range(start, stop + 1)]
    # Rounding must not leave the ends outside.
    return [min(edges[0], low), *edges[1:-1], max(edges[-1], high)]


def _round_width(least: float) -> float:
    """The least of 1, 2 and 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9)))
