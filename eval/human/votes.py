"""Preferences between two rankings, and whether they can be chance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Vote = Literal["first", "second", "tie"]


@dataclass(frozen=True)
class Tally:
    """What queries say of two rankings.

    Attributes:
        wins, losses, ties: queries for which the first is better, worse, or neither.
        p: two-sided, of the sign test over wins and losses (Conover 1999, 3.4); 1 without any.
    """

    wins: int
    losses: int
    ties: int
    p: float


def tally(votes: Iterable[tuple[str, Vote]]) -> Tally:
    """Count one vote a query: that of most of its judges; a draw among them is a tie.

    The judges of one query do not count as several: they looked at the same results.

    Args:
        votes: query and vote of each judge.
    """
    from scipy.stats import binomtest  # takes half a second, and most commands need it not

    by_query: dict[str, Counter[Vote]] = defaultdict(Counter)
    for query, vote in votes:
        by_query[query][vote] += 1
    said = Counter(_majority(counts) for counts in by_query.values())
    wins, losses = said["first"], said["second"]
    p = float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    return Tally(wins, losses, said["tie"], p)


def _majority(counts: Counter[Vote]) -> Vote:
    if counts["first"] == counts["second"]:
        return "tie"
    leader: Vote = "first" if counts["first"] > counts["second"] else "second"
    return leader if counts[leader] > counts["tie"] else "tie"
