"""Figures by the values of an attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.retrieval.evaluation import Slice
from eval.retrieval.metrics import overall
from eval.retrieval.resampling import Bootstrap, intervals

NO_VALUE = "(none)"
"""The slice of those that have no value."""


def slices(
    values: Mapping[str, Sequence[Iterable[str | None]]],
    per_query: Mapping[str, NDArray[np.float64]],
    bootstrap: Bootstrap,
) -> dict[str, tuple[Slice, ...]]:
    """The slices of each attribute, the largest first.

    Args:
        values: by attribute, for each query the values that it counts in.
        per_query: float64 (queries,) by metric.
    """
    return {name: _slices(found, per_query, bootstrap) for name, found in values.items()}


def _slices(
    values: Sequence[Iterable[str | None]],
    per_query: Mapping[str, NDArray[np.float64]],
    bootstrap: Bootstrap,
) -> tuple[Slice, ...]:
    places: dict[str, list[int]] = {}
    for place, found in enumerate(values):
        for value in set(found):
            places.setdefault(NO_VALUE if value is None else value, []).append(place)
    made = []
    for value, members in places.items():
        part = {name: array[members] for name, array in per_query.items()}
        means = {name: overall(name, array) for name, array in part.items()}
        made.append(Slice(value, len(members), means, intervals(part, bootstrap)))
    return tuple(sorted(made, key=lambda one: (-one.count, one.value)))
