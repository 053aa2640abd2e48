"""What is in the record: how much, of when, of whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from core.query_ids import first_id
from database.engine import Database
from database.interaction_rows import moment
from database.interactions import EVENTS, SEARCHES


def standing(database: Database, since: datetime | None = None) -> dict[str, Any]:
    """Counts by collection of searches, people and events since an aware moment, as a document.

    Raises DatabaseError.
    """
    if not database.exists():
        return {"collections": []}
    database.prepare()
    columns = SEARCHES.c
    searches = _since(
        select(
            columns.collection,
            func.count().label("searches"),
            func.count(columns.user.distinct()).label("users"),
            func.count(columns.session.distinct()).label("sessions"),
            func.min(columns.at).label("first"),
            func.max(columns.at).label("last"),
        ).group_by(columns.collection),
        since,
    )
    events = _since(
        select(columns.collection, EVENTS.c.action, func.count().label("count"))
        .join_from(EVENTS, SEARCHES, EVENTS.c.query_id == columns.query_id)
        .group_by(columns.collection, EVENTS.c.action),
        since,
    )
    with database.read() as connection:
        actions: dict[str, dict[str, int]] = {}
        for row in connection.execute(events):
            actions.setdefault(row.collection, {})[row.action] = row._mapping["count"]
        found = [
            {
                "collection": row.collection,
                "searches": row.searches,
                "users": row.users,
                "sessions": row.sessions,
                "first": moment(row.first).isoformat(),
                "last": moment(row.last).isoformat(),
                "events": actions.get(row.collection, {}),
            }
            for row in connection.execute(searches.order_by(columns.collection))
        ]
    return {"collections": found}


def _since(query: Select[Any], since: datetime | None) -> Select[Any]:
    return query if since is None else query.where(SEARCHES.c.query_id >= first_id(since))
