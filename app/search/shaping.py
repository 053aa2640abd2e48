"""How a request wants its answer shaped: re-ranked, collapsed, grouped, diversified, cut off."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.errors import InvalidQuery

MAX_PER_GROUP = 100
_MOST_BUDGET_MS = 10_000.0


def stages_of(text: str | None) -> tuple[str, ...] | None:
    """Names of stages with commas between; 'none' for none; None for what is configured."""
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    return () if names == ("none",) else names


def _within(name: str, value: float | None, most: float) -> None:
    if value is not None and not (math.isfinite(value) and 0 <= value <= most):
        raise InvalidQuery(f"{name} is {value}; it lies from 0 to {most:g}.", field=name)


@dataclass(frozen=True)
class Group:
    """At most `n` hits, 1 to 100, of each value of the keyword field `field`."""

    field: str
    n: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.n <= MAX_PER_GROUP:
            raise InvalidQuery(
                f"group.n is {self.n}; it lies from 1 to {MAX_PER_GROUP}.", field="group"
            )


BY_PRODUCT = Group("product_id")
"""One image of each product."""


@dataclass(frozen=True)
class Shaping:
    """What a request says of its answer's shape. None: as the collection's ranking has it.

    Args:
        collapse: whether near-duplicates, and images of one product, stand behind the best of them.
        list_collapsed: tell the ids of what stands behind each hit.
        group: at most n hits of each value of a field.
        diversity: 0 to 1: 0 is by score alone, 1 by difference from the hits before alone.
        min_relevance: 0 to 1: hits of less calibrated relevance are left out.
        nearest_below: where all were left out, tell the nearest of them.
        rerank: names of the stages to run, of those configured; none: () .
        budget_ms: time for re-ranking, in milliseconds.
        aspects: (name, weight) of the aspects of similarity to rank by, as `app.search.aspects`
            checks them; None: as suits the query.
    """

    collapse: bool | None = None
    list_collapsed: bool = False
    group: Group | None = None
    diversity: float | None = None
    min_relevance: float | None = None
    nearest_below: bool = False
    rerank: tuple[str, ...] | None = None
    budget_ms: float | None = None
    aspects: tuple[tuple[str, float], ...] | None = None

    def __post_init__(self) -> None:
        _within("diversity", self.diversity, 1.0)
        _within("min_relevance", self.min_relevance, 1.0)
        _within("budget_ms", self.budget_ms, _MOST_BUDGET_MS)

    def as_json(self) -> dict[str, Any]:
        """As a request over HTTP says it."""
        group = {"field": self.group.field, "n": self.group.n} if self.group else None
        return {
            "collapse": self.collapse,
            "list_collapsed": self.list_collapsed,
            "group": group,
            "diversity": self.diversity,
            "min_relevance": self.min_relevance,
            "nearest_below": self.nearest_below,
            "rerank": None if self.rerank is None else list(self.rerank),
            "budget_ms": self.budget_ms,
            "aspects": None if self.aspects is None else dict(self.aspects),
        }

    @property
    def needs_query(self) -> str | None:
        """The name of a wish that makes no sense without a query; None where there is none."""
        if self.group is not None:
            return "group"
        if self.aspects is not None:
            return "aspects"
        if self.diversity:
            return "diversity"
        return "min_relevance" if self.min_relevance else None


AS_CONFIGURED = Shaping()
"""As the collection's ranking has it."""


@dataclass(frozen=True)
class Shape:
    """What is done to a ranking: what the request wants, where it says so, and the collection's."""

    collapse: bool = True
    group: Group | None = None
    diversity: float = 0.0
    line: float = 0.0  # hits of less relevance are left out
    nearest_below: bool = False

    @property
    def plain(self) -> bool:
        """Whether the ranking stays as it is."""
        return not (self.collapse or self.group or self.diversity or self.line)
