"""What was asked lately, from the record: for operators, and for suggestions to others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, case, distinct, exists, func, select

from core.errors import BinocleError
from core.interactions import CLICK
from core.query_ids import first_id
from database.engine import Database
from database.interactions import EVENTS, SEARCHES

log = logging.getLogger(__name__)

_MINUTE_US = 60_000_000
_LATENCIES = 100_000
"""Searches whose latency is looked at: the last ones."""
_SUGGESTED = 10_000
_SUGGESTED_FROM = 200_000
"""Searches that suggestions are made from: the last ones."""
_SUGGESTED_DAYS = 30
_SUGGESTED_LENGTH = 120

Condition = ColumnElement[bool]
_columns = SEARCHES.c
_text = func.lower(func.trim(_columns.text))
_person = func.coalesce(_columns.session, _columns.user)


def _now() -> datetime:
    return datetime.now(UTC)


class AskedQueries:
    """Reads the record of one database.

    Args:
        clock: says what time it is, aware.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._clock = clock

    def lately(self, collection: str | None, hours: float, limit: int) -> dict[str, Any]:
        """What was asked in the last hours, as a document.

        Holds the number of searches; the most frequent texts, those without results, those that
        were never clicked, at most `limit` each; searches by minute; latency in milliseconds.
        Texts that differ only by case are one. Raises DatabaseError.
        """
        if not self._database.exists():
            return _document(0, [], [], [], [], [])
        self._database.prepare()
        span = [_columns.query_id >= first_id(self._clock() - timedelta(hours=hours))]
        if collection is not None:
            span.append(_columns.collection == collection)
        with self._database.read() as connection:

            def texts(*conditions: Condition, unclicked: bool = False) -> list[dict[str, Any]]:
                query = _by_text([*span, *conditions], unclicked=unclicked).limit(limit)
                return [dict(row._mapping) for row in connection.execute(query)]

            minutes = connection.execute(_by_minute(span))
            return _document(
                connection.scalar(select(func.count()).where(*span)) or 0,
                texts(),
                texts(_columns.found == 0),
                texts(_columns.found > 0, unclicked=True),
                [(int(row.minute), row.searches) for row in minutes],
                list(connection.scalars(_latencies(span))),
            )

    def suggested(self, collection: str, people: int) -> list[tuple[str, int]]:
        """Texts that at least so many people asked for with success, with how often.

        A person is a session, or else a user; what nobody in particular asked counts for none. Of
        the last 200,000 text searches of 30 days. Where the database fails, nothing.
        """
        try:
            if not people or not self._database.exists():
                return []
            self._database.prepare()
            since = first_id(self._clock() - timedelta(days=_SUGGESTED_DAYS))
            with self._database.read() as connection:
                rows = connection.execute(_suggested(collection, since, people))
                return [(row.text, row.searches) for row in rows]
        except BinocleError as error:
            log.warning("Suggestions go without what was asked: %s", error)
            return []


def _document(
    searches: int,
    top: list[dict[str, Any]],
    without_results: list[dict[str, Any]],
    without_clicks: list[dict[str, Any]],
    minutes: Sequence[tuple[int, int]],
    latencies: Sequence[float],
) -> dict[str, Any]:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {
        "searches": searches,
        "top": top,
        "without_results": without_results,
        "without_clicks": without_clicks,
        "per_minute": [
            {"minute": datetime.fromtimestamp(60 * minute, UTC).isoformat(), "searches": count}
            for minute, count in minutes
        ],
        "latency_ms": {
            name: round(float(np.quantile(latencies, share)), 3) if latencies else None
            for name, share in shares.items()
        },
    }


def _by_text(conditions: Sequence[Condition], *, unclicked: bool) -> Select[Any]:
    """Texts with searches and people, most frequent first; `unclicked`: none was ever clicked."""
    clicked = exists().where(EVENTS.c.query_id == _columns.query_id, EVENTS.c.action == CLICK)
    asked = select(_text.label("text"), _person.label("person"))
    if unclicked:
        asked = asked.add_columns(case((clicked, 1), else_=0).label("clicked"))
    each = asked.where(_columns.text != "", *conditions).subquery()
    query = select(
        each.c.text,
        func.count().label("searches"),
        func.count(distinct(each.c.person)).label("people"),
    ).group_by(each.c.text)
    if unclicked:
        query = query.having(func.sum(each.c.clicked) == 0)
    return query.order_by(func.count().desc(), each.c.text)


def _by_minute(conditions: Sequence[Condition]) -> Select[Any]:
    minute = (_columns.at // _MINUTE_US).label("minute")
    counted = select(minute, func.count().label("searches")).where(*conditions)
    return counted.group_by(minute).order_by(minute)


def _latencies(conditions: Sequence[Condition]) -> Select[Any]:
    known = select(_columns.latency_ms).where(*conditions, _columns.latency_ms.is_not(None))
    return known.order_by(_columns.query_id.desc()).limit(_LATENCIES)


def _suggested(collection: str, since: str, people: int) -> Select[Any]:
    last = (
        select(_text.label("text"), _person.label("person"))
        .where(
            _columns.query_id >= since,
            _columns.collection == collection,
            _columns.kind == "text",
            _columns.found > 0,
            func.length(_columns.text) <= _SUGGESTED_LENGTH,
        )
        .order_by(_columns.query_id.desc())
        .limit(_SUGGESTED_FROM)
        .subquery()
    )
    return (
        select(last.c.text, func.count().label("searches"))
        .where(last.c.text != "")
        .group_by(last.c.text)
        .having(func.count(distinct(last.c.person)) >= people)
        .order_by(func.count().desc(), last.c.text)
        .limit(_SUGGESTED)
    )
