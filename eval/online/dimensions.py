"""What visits can be told apart by."""

from __future__ import annotations

from typing import Literal, get_args

from core.interactions import Visit

By = Literal["day", "collection", "kind", "variant", "client"]
DIMENSIONS: tuple[By, ...] = get_args(By)


def values_of(by: By, visit: Visit) -> tuple[str, ...]:
    """What a visit is, along a dimension: several variants where it is in several experiments."""
    asked = visit.asked
    if by == "day":
        return (f"{asked.at:%Y-%m-%d}",)
    if by == "variant":
        return tuple(f"{name}: {variant}" for name, variant in sorted(asked.variants.items()))
    return (str(getattr(asked, by)),)
