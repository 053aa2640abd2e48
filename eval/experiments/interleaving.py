"""Interleaving: one list drawn from two rankings, whose clicks say which is liked better.

Team draft (Radlinski, Kurup and Joachims 2008, How does clickthrough data reflect retrieval
quality?): as two captains pick teams, the rankings take turns, a coin deciding who begins each
round, and each adds its best item that is not there yet. A click is credit to the ranking that the
item was drawn from. Everybody sees both rankings, so differences between people cancel out.

Once one ranking has nothing left to add, what the other adds is shown without credit: to have found
more must not win by chance clicks alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from core.interactions import Visit


@dataclass(frozen=True)
class Drafted:
    """One list of two rankings. `sources`: of items that earn credit, the ranking's name."""

    ids: tuple[str, ...]
    sources: Mapping[str, str] = field(default_factory=dict)


def coins(salt: str, *said: str) -> Iterator[bool]:
    """Fair coins without end, always the same for the same words."""
    count = 0
    key = blake2b(salt.encode(), digest_size=32).digest()
    text = "\x00".join(said).encode(errors="surrogatepass")
    while True:
        bits = int.from_bytes(blake2b(text + b"\x00%d" % count, key=key).digest(), "big")
        for _ in range(512):
            yield bool(bits & 1)
            bits >>= 1
        count += 1


def team_draft(
    first: tuple[str, Sequence[str]],
    second: tuple[str, Sequence[str]],
    limit: int,
    tossed: Iterator[bool],
) -> Drafted:
    """At most `limit` items of two named rankings, best first, none twice.

    The first n of a longer draft are a draft of n, as long as the coins are the same.
    """
    ids: dict[str, str | None] = {}
    turns: list[bool] = []
    lists = [iter(dict.fromkeys(first[1])), iter(dict.fromkeys(second[1]))]
    names = (first[0], second[0])
    while len(ids) < limit:
        if not turns:
            turns = [True, False] if next(tossed) else [False, True]  # the last one goes first
        team = int(turns.pop())
        item = next((each for each in lists[team] if each not in ids), None)
        if item is not None:
            ids[item] = names[team]
            continue
        rest = (each for each in lists[1 - team] if each not in ids)
        for each, _ in zip(rest, range(limit - len(ids)), strict=False):
            ids[each] = None
        break
    credited = {item: name for item, name in ids.items() if name is not None}
    return Drafted(tuple(ids), credited)


def credit(visit: Visit, first: str, second: str) -> int:
    """1 where more clicked items came from `first`, -1 where more came from `second`, 0 otherwise.

    Each item counts once, however often it was clicked.
    """
    sources = [visit.asked.sources.get(item) for item in {each.item for each in visit.clicks}]
    difference = sources.count(first) - sources.count(second)
    return (difference > 0) - (difference < 0)


@dataclass(frozen=True)
class Votes:
    """What units (users or sessions) preferred: each has one vote, however often it searched."""

    first: int
    second: int
    ties: int

    @property
    def cast(self) -> int:
        """Votes for either."""
        return self.first + self.second

    @property
    def advantage(self) -> float:
        """Of `first`, -0.5 to 0.5: share of votes with half of the ties, less a half (Chapelle,
        Joachims, Radlinski and Yue 2012, Large-scale validation and analysis of interleaved search
        evaluation). 0 where there are none."""
        every = self.cast + self.ties
        return (self.first + self.ties / 2) / every - 0.5 if every else 0.0


@dataclass
class Ballot:
    """Votes as visits go by, for `first` or for `second`."""

    first: str
    second: str
    _won: dict[str, int] = field(default_factory=dict)
    _sides: dict[int, int] = field(default_factory=lambda: {-1: 0, 0: 0, 1: 0})

    def add(self, unit: str, visit: Visit) -> None:
        """Count a unit's visit. Without a click that earns credit it says nothing, not even that
        both are alike."""
        if not any(click.item in visit.asked.sources for click in visit.clicks):
            return
        before = self._won.get(unit)
        if before is not None:
            self._sides[_side(before)] -= 1
        after = self._won[unit] = (before or 0) + credit(visit, self.first, self.second)
        self._sides[_side(after)] += 1

    def votes(self) -> Votes:
        """Of each unit the side that won more of its searches."""
        return Votes(self._sides[1], self._sides[-1], self._sides[0])


def _side(won: int) -> int:
    return (won > 0) - (won < 0)
