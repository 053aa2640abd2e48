"""Made-up visits, and a database that they were recorded in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from app.interactions.secret import insert_new
from core.interactions import Asked, Event, Visit
from core.query_ids import QueryIds
from database.engine import Database
from database.interaction_rows import event_row, search_row
from database.interactions import EVENTS, SEARCHES

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
IDS = QueryIds(b"the secret of the tests")


def visit(seconds: float = 0.0, *events: tuple[Any, ...], **asked: Any) -> Visit:
    """A visit that begins so many seconds after START.

    Args:
        events: item, action, and seconds after the search; then position, seconds and value.
    """
    at = START + timedelta(seconds=seconds)
    given = {"collection": "shop", "generation": "g000001", "kind": "text", "text": "red", **asked}
    query_id = IDS.new(given["collection"], given["kind"], at)
    told = Asked(query_id=query_id, at=at, **{"found": 10, "latency_ms": 5.0, **given})
    return Visit(told, tuple(_event(query_id, at, *each) for each in events))


def _event(
    query_id: str,
    at: datetime,
    item: str,
    action: str,
    after: float,
    position: int | None = None,
    seconds: float | None = None,
    value: float | None = None,
) -> Event:
    moment = at + timedelta(seconds=after)
    return Event(query_id, item, action, moment, position, seconds, value)


def record(database: Database, visits: Iterable[Visit], agent: str | None = None) -> None:
    """Write the visits as a service would have."""
    database.prepare()
    with database.write() as connection:
        for each in visits:
            connection.execute(insert_new(database, SEARCHES), [search_row(each.asked, agent)])
            rows = [event_row(event) for event in each.events]
            if rows:
                connection.execute(insert_new(database, EVENTS), rows)
