"""Which searches and events of the log count: what bots do, and what is said twice, does not.

The log keeps all that came; these rules are applied as it is read, so that they can change.

1. Bots by name: a search whose program (User-Agent) is on the list of crawlers of the library
   `crawler-user-agents`. A backend that speaks for people has a library's name, too; so the list is
   not asked where a client other than the page told a user or a session.
2. Bots by rate: all searches of a session (or else a user) on a UTC day on which it made more
   searches in one minute, or on that day, than a person does.
3. Bots by clicks: a search on whose answer more clicks came within one second than a hand makes.
4. Repeats: of the impressions of one item on one answer, the first counts; so do clicks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from crawleruseragents import is_crawler

from core.interactions import CLICK, IMPRESSION, Event

PAGE = "page"
_MINUTE = 60_000_000
_DAY = 24 * 60 * _MINUTE


@dataclass(frozen=True)
class Rules:
    """What counts.

    Attributes:
        bots: leave out searches by crawlers' names.
        searches_per_minute, searches_per_day: most of a person; 0: any number.
        clicks_per_second: most of a person on one answer; 0: any number.
        repeats: count several clicks, or impressions, of an item on an answer as several.
    """

    bots: bool = True
    searches_per_minute: int = 60
    searches_per_day: int = 1_000
    clicks_per_second: int = 5
    repeats: bool = False

    def by_name(self, agent: str | None, client: str, *, told: bool) -> bool:
        """Whether a search is a bot's by name. told: whether a user or a session was told."""
        speaks_for_people = told and client != PAGE
        return self.bots and bool(agent) and not speaks_for_people and _is_crawler(agent or "")

    def by_clicks(self, events: Iterable[Event]) -> bool:
        """Whether an answer was clicked faster than by hand."""
        if not self.clicks_per_second:
            return False
        times = sorted(event.at.timestamp() for event in events if event.action == CLICK)
        most = self.clicks_per_second
        return any(late - early < 1.0 for early, late in zip(times, times[most:], strict=False))

    def counted(self, events: Iterable[Event]) -> tuple[Event, ...]:
        """The events of one answer that count, in order of time."""
        ordered = sorted(events, key=lambda event: event.at)
        if self.repeats:
            return tuple(ordered)
        seen: set[tuple[str, str]] = set()
        kept = []
        for event in ordered:
            once = (event.action, event.item)
            if event.action in (IMPRESSION, CLICK):
                if once in seen:
                    continue
                seen.add(once)
            kept.append(event)
        return tuple(kept)


AS_DOCUMENTED = Rules()
EVERYTHING = Rules(
    bots=False, searches_per_minute=0, searches_per_day=0, clicks_per_second=0, repeats=True
)
"""All that came, as it came."""


class Rates:
    """Finds who searches faster than a person, from searches in order of time."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._minute, self._day = -1, -1
        self._in_minute: Counter[str] = Counter()
        self._in_day: Counter[str] = Counter()
        self._bots: set[tuple[int, str]] = set()

    @property
    def needed(self) -> bool:
        """Whether there is any limit."""
        return bool(self._rules.searches_per_minute or self._rules.searches_per_day)

    def count(self, at: int, identity: str | None) -> None:
        """Count a search at so many microseconds since 1970, of a session or else a user."""
        if identity is None:
            return
        if at // _MINUTE != self._minute:
            self._minute, self._in_minute = at // _MINUTE, Counter()
        if at // _DAY != self._day:
            self._day, self._in_day = at // _DAY, Counter()
        self._in_minute[identity] += 1
        self._in_day[identity] += 1
        if _over(self._in_minute[identity], self._rules.searches_per_minute) or _over(
            self._in_day[identity], self._rules.searches_per_day
        ):
            self._bots.add((self._day, identity))

    def is_bot(self, at: int, identity: str | None) -> bool:
        """Whether a search is of a day on which who made it was too fast."""
        return identity is not None and (at // _DAY, identity) in self._bots


def _over(count: int, most: int) -> bool:
    return bool(most) and count > most


@lru_cache(maxsize=10_000)
def _is_crawler(agent: str) -> bool:
    return bool(is_crawler(agent))
