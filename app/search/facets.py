"""Facets: the values of fields among all that passes the filter, with counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.collection import OpenCollection
from app.search.policy import Viewer
from app.search.query import Bins
from core.errors import InvalidQuery
from core.fields import FieldType, Schema
from core.filters import Filter
from qdrant.histogram import histogram

_FACET_TYPES = (FieldType.KEYWORD, FieldType.INTEGER, FieldType.BOOL)
_FACET_VALUES = 100
_MAX_FACETS = 20
_MAX_HISTOGRAMS = 5
"""Each bin is a count of its own."""


def check_facets(names: Sequence[str], schema: Schema) -> None:
    """Raises InvalidQuery for too many, and for a field that has none."""
    fields = schema.fields
    if len(names) > _MAX_FACETS:
        raise InvalidQuery(f"At most {_MAX_FACETS} facets are allowed.", field="facets")
    for name in names:
        if fields.get(name) not in _FACET_TYPES:
            able = sorted(field for field, kind in fields.items() if kind in _FACET_TYPES)
            raise InvalidQuery(
                f"There are no facets of '{name}'.",
                hint=f"Fields with facets: {', '.join(able)}.",
                field="facets",
            )


def facet(
    opened: OpenCollection, name: str, filter: Filter | None, viewer: Viewer
) -> list[dict[str, object]]:
    """The most frequent values of a field, with their counts."""
    counted = opened.facet(name, filter, _FACET_VALUES, viewer)
    return [{"value": value, "count": count} for value, count in counted]


def histograms(
    opened: OpenCollection, wanted: Mapping[str, Bins], filter: Filter | None, viewer: Viewer
) -> dict[str, list[dict[str, float]]]:
    """Of number fields how many items lie in each bin, from `from` on and below `to`; the last bin
    holds its `to`, too. Raises InvalidQuery."""
    if len(wanted) > _MAX_HISTOGRAMS:
        raise InvalidQuery(f"At most {_MAX_HISTOGRAMS} histograms are allowed.", field="histograms")
    visible = opened.visible(filter, viewer)
    answer = {}
    for name, bins in wanted.items():
        cut = {"bins": bins} if isinstance(bins, int) else {"edges": bins}
        key = ("histogram", name, bins, visible)
        found = opened.remember(
            key,
            lambda name=name, cut=cut: histogram(  # type: ignore[misc]
                opened.generation, name, filter=visible, **cut
            ),
        )
        answer[name] = [{"from": one.low, "to": one.high, "count": one.count} for one in found]
    return answer
