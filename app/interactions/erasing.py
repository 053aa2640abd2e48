"""What is erased from the record: what is old, and what one person did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, or_, select

from app.experiments.table import FAILED_SEARCHES
from core.query_ids import first_id
from database.engine import Database
from database.interactions import EVENTS, SEARCHES

_SOME = 5_000
"""Rows that one transaction erases: others may write in between."""
_IDS = 500


@dataclass(frozen=True)
class Erased:
    """How many rows are gone, and the images, by SHA-256, that they had."""

    searches: int = 0
    events: int = 0
    images: frozenset[str] = frozenset()

    def __add__(self, other: Erased) -> Erased:
        return Erased(
            self.searches + other.searches,
            self.events + other.events,
            self.images | other.images,
        )


def prune(database: Database, before: datetime) -> Erased:
    """Erase searches from before the aware moment, and their events. Raises DatabaseError."""
    if not database.exists():
        return Erased()
    database.prepare()
    with database.write() as connection:
        connection.execute(delete(FAILED_SEARCHES).where(FAILED_SEARCHES.c.at < before))
    events = sum(_pruned(database, EVENTS, before))
    return Erased(sum(_pruned(database, SEARCHES, before)), events)


def forget(database: Database, *, user: str | None = None, session: str | None = None) -> Erased:
    """Erase what a user did, and in the sessions that the user was seen in; or one session.

    Args:
        user, session: hashes, as they are recorded.

    Raises DatabaseError.
    """
    if not database.exists():
        return Erased()
    database.prepare()
    erased = Erased()
    with database.read() as connection:
        units = _units(connection, user, session)
    columns = SEARCHES.c
    sessions = columns.session.in_(units)
    whose = sessions if user is None else or_(columns.user == user, sessions)
    with database.write() as connection:
        connection.execute(delete(FAILED_SEARCHES).where(FAILED_SEARCHES.c.unit.in_(units)))
    while True:
        with database.write() as connection:
            some = _forgotten(connection, whose)
        if not some.searches:
            return erased
        erased += some


def images_left(database: Database, images: Iterable[str]) -> set[str]:
    """Those of the images, by SHA-256, that searches still have. Raises DatabaseError."""
    left: set[str] = set()
    wanted = list(images)
    if not wanted or not database.exists():
        return left
    database.prepare()
    with database.read() as connection:
        for start in range(0, len(wanted), _IDS):
            some = wanted[start : start + _IDS]
            query = select(SEARCHES.c.image).where(SEARCHES.c.image.in_(some)).distinct()
            left.update(connection.scalars(query))
    return left


def _units(connection: Connection, user: str | None, session: str | None) -> list[str]:
    """The session, or the user and the sessions that the user was seen in."""
    columns = SEARCHES.c
    if user is None:
        return [] if session is None else [session]
    seen = select(columns.session).where(columns.user == user, columns.session.is_not(None))
    return [user, *connection.scalars(seen.distinct())]


def _forgotten(connection: Connection, whose: ColumnElement[bool]) -> Erased:
    columns = SEARCHES.c
    rows = connection.execute(select(columns.query_id, columns.image).where(whose).limit(_IDS))
    images = {row.query_id: row.image for row in rows}
    ids = list(images)
    events = connection.execute(delete(EVENTS).where(EVENTS.c.query_id.in_(ids))).rowcount
    searches = connection.execute(delete(SEARCHES).where(SEARCHES.c.query_id.in_(ids))).rowcount
    return Erased(searches, events, frozenset(each for each in images.values() if each))


def _pruned(database: Database, table: Table, before: datetime) -> Iterator[int]:
    """Erase some rows at a time, oldest first; how many each time."""
    ids: Any = table.c.query_id
    limit = first_id(before)
    while True:
        with database.write() as connection:
            old = select(ids).where(ids < limit).order_by(ids).offset(_SOME).limit(1)
            bound = connection.scalar(old)
            yield connection.execute(
                delete(table).where(ids < (limit if bound is None else bound))
            ).rowcount
        if bound is None:
            return
