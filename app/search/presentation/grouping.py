"""At most n hits of each value of a field, such as the images of one product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.search.presentation.placed import Placed
from app.search.shaping import Group
from core.errors import InvalidQuery
from core.fields import FieldType, Schema


def group_of(payload: Mapping[str, Any], field: str) -> str | None:
    """The value that an item is grouped by: of a list the first; None where it has none."""
    value = payload.get(field)
    if isinstance(value, list):
        value = value[0] if value else None
    return None if value is None else str(value)


def check_group(group: Group | None, schema: Schema) -> None:
    """Raises InvalidQuery unless the field is there, and a keyword."""
    if group is not None and schema.fields.get(group.field) is not FieldType.KEYWORD:
        able = sorted(n for n, kind in schema.fields.items() if kind is FieldType.KEYWORD)
        raise InvalidQuery(
            f"Hits can't be grouped by '{group.field}': it is no keyword field.",
            hint=f"Keyword fields: {', '.join(able)}.",
            field="group",
        )


def grouped(
    ranked: Sequence[Placed], group: Group, shown: Counter[str], seen: Callable[[str], bool]
) -> list[Placed]:
    """The best `n` of each value, in order. An item without a value is a group of its own.

    Args:
        ranked: best first.
        group: the field and n.
        shown: how many of each value candidates before these have taken.
        seen: whether an item was on a page before: it keeps its place in its group.
    """
    counts = Counter(shown)
    values = {placed.id: group_of(placed.candidate.payload, group.field) for placed in ranked}
    counts.update(v for item, v in values.items() if v is not None and seen(item))
    answer = []
    for placed in ranked:
        value = values[placed.id]
        if value is not None and not seen(placed.id):
            if counts[value] >= group.n:
                continue
            counts[value] += 1
        answer.append(placed if value is None else replace(placed, group=value))
    return answer
