"""The log of searches and events in the database, read as visits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.interactions import Event, Visit
from core.query_ids import first_id
from database.engine import Database
from database.interaction_rows import asked_of, event_of
from database.interactions import EVENTS, SEARCHES
from eval.online.rules import AS_DOCUMENTED, Rates, Rules

_PAGE = 1_000
"""Searches that are read at a time, with all their events."""


@dataclass(frozen=True)
class Span:
    """What to read of the log.

    Attributes:
        collection: the only one; None: all.
        since, until: moments of searches, aware; from the first on, before the other.
    """

    collection: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def limit(self, query: Select[Any], *, after: str = "") -> Select[Any]:
        """A query over `SEARCHES` limited to the span, after the id `after`."""
        ids = SEARCHES.c.query_id
        if self.collection is not None:
            query = query.where(SEARCHES.c.collection == self.collection)
        if self.since is not None:
            query = query.where(ids >= first_id(self.since))
        if self.until is not None:
            query = query.where(ids < first_id(self.until))
        return query.where(ids > after)


class InteractionLog:
    """Searches with the events on their answers. Reading takes one page at a time, each in a
    transaction of its own, and the memory of one page.

    Args:
        rules: which searches and events count.

    Attributes:
        left_out: of the last reading so far, how many searches were left out as bots', by the rule:
            'name', 'rate' or 'clicks'.
    """

    def __init__(self, database: Database, rules: Rules = AS_DOCUMENTED) -> None:
        self._database = database
        self._rules = rules
        self.left_out: Counter[str] = Counter()

    def visits(
        self,
        collection: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[Visit]:
        """The visits whose search was in the span, aware moments, by time of the search.

        Events are in order of time. Raises DatabaseError.
        """
        span = Span(collection, since, until)
        self.left_out.clear()
        if not self._database.exists():
            return
        self._database.prepare()
        rates = self._rates(span)
        for rows, events in self._pages(span):
            for row in rows:
                some = events.get(row.query_id, [])
                rule = self._bot(row, some, rates)
                if rule is None:
                    yield Visit(asked_of(row), self._rules.counted(some))
                else:
                    self.left_out[rule] += 1

    def _bot(self, row: Any, events: list[Event], rates: Rates) -> str | None:
        """The rule by which a search is a bot's; None for a person's."""
        identity = row.session or row.user
        if self._rules.by_name(row.agent, row.client, told=identity is not None):
            return "name"
        if rates.is_bot(row.at, identity):
            return "rate"
        return "clicks" if self._rules.by_clicks(events) else None

    def _rates(self, span: Span) -> Rates:
        """Who was too fast: one reading more, of times and identities alone."""
        rates = Rates(self._rules)
        if not rates.needed:
            return rates
        columns = SEARCHES.c
        after = ""
        while True:
            wanted = select(columns.query_id, columns.at, columns.session, columns.user)
            rows = self._read(span.limit(wanted, after=after), 10 * _PAGE)
            for row in rows:
                rates.count(row.at, row.session or row.user)
            if len(rows) < 10 * _PAGE:
                return rates
            after = rows[-1].query_id

    def _pages(self, span: Span) -> Iterator[tuple[list[Any], dict[str, list[Event]]]]:
        """Searches, and by query id their events."""
        after = ""
        while True:
            with self._database.read() as connection:
                wanted = span.limit(select(SEARCHES), after=after)
                ordered = wanted.order_by(SEARCHES.c.query_id).limit(_PAGE)
                rows = list(connection.execute(ordered))
                if not rows:
                    return
                after = rows[-1].query_id
                between = EVENTS.c.query_id.between(rows[0].query_id, after)
                events: dict[str, list[Event]] = defaultdict(list)
                for row in connection.execute(select(EVENTS).where(between)).all():
                    events[row[0]].append(event_of(row))
            yield rows, events
            if len(rows) < _PAGE:
                return

    def _read(self, query: Select[Any], most: int) -> list[Any]:
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(SEARCHES.c.query_id).limit(most)))
