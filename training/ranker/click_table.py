"""Click rates of items, and grades of what was clicked, out of counts corrected for position."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

_PRIOR = 20.0
"""Impressions at the usual rate that every item starts with: few clicks say little."""
_LEVELS = 3


@dataclass
class Count:
    """Corrected clicks, and impressions."""

    clicks: float = 0.0
    shown: int = 0


@dataclass(frozen=True)
class ClickTable:
    """Corrected clicks and impressions of items under text queries."""

    pairs: dict[tuple[str, str], Count] = field(default_factory=dict)
    items: dict[str, Count] = field(default_factory=dict)

    @property
    def queries(self) -> list[str]:
        """The texts that something was shown for, in their order in the log."""
        return list(dict.fromkeys(query for query, _ in self.pairs))

    def rates(self, items: Iterable[str], *, without: str | None = None) -> dict[str, float]:
        """The corrected rate of those items that were shown, drawn towards the usual rate.

        Args:
            without: a query whose own events do not count: what is to be learned for it must not
                be told by them.
        """
        total = sum(each.clicks for each in self.items.values())
        usual = total / max(sum(each.shown for each in self.items.values()), 1)
        answer = {}
        for item in items:
            count = self.items.get(item)
            if count is None:
                continue
            own = self.pairs.get((without, item), Count()) if without is not None else Count()
            clicks, shown = count.clicks - own.clicks, count.shown - own.shown
            if shown > 0:
                answer[item] = (clicks + _PRIOR * usual) / (shown + _PRIOR)
        return answer

    def grades(self, query: str) -> dict[str, float]:
        """Of the items clicked for a query: 1 to 3, by the thirds of their corrected rate."""
        return {item: grade for item, grade in self.judged().get(query, {}).items() if grade > 0}

    def judged(self, support: int = 1) -> dict[str, dict[str, float]]:
        """By query, the grades of the items that were shown for it at least `support` times: 1 to
        3 by the thirds of their corrected click rate, 0 where nobody clicked."""
        answer: dict[str, dict[str, float]] = {}
        for (query, item), count in self.pairs.items():
            if count.shown >= support:
                grade = math.ceil(_LEVELS * count.clicks / count.shown)
                answer.setdefault(query, {})[item] = float(min(_LEVELS, grade))
        return answer
