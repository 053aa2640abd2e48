"""The judgments in the database: a judge's later word on a thing replaces the earlier one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, delete, insert, select

from app.judging.judgment import Grade, Preference, Settings, canonical, query_id
from app.judging.table import JUDGMENTS, PREFERENCES
from database.engine import Database


class JudgmentBook:
    """The judgments of one database. All methods raise DatabaseError where it can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, grades: Sequence[Grade], preference: Preference | None = None) -> None:
        """Keep them, in the place of what the same judge said before of the same."""
        self._database.prepare()
        with self._database.write() as connection:
            for grade in grades:
                row = _grade_row(grade)
                connection.execute(delete(JUDGMENTS).where(*_same(JUDGMENTS, row)))
                connection.execute(insert(JUDGMENTS).values(**row))
            if preference is not None:
                row = _preference_row(preference)
                connection.execute(delete(PREFERENCES).where(*_same(PREFERENCES, row)))
                connection.execute(insert(PREFERENCES).values(**row))

    def grades(
        self,
        collection: str | None = None,
        *,
        judges: Sequence[str] | None = None,
        query: str | None = None,
    ) -> list[Grade]:
        """Those of a collection, of judges, of a query: of all where that is None; by query, then
        item, then judge. Makes no database."""
        return [_grade(row) for row in self._rows(JUDGMENTS, collection, judges, query)]

    def preferences(
        self,
        collection: str | None = None,
        *,
        judges: Sequence[str] | None = None,
        query: str | None = None,
    ) -> list[Preference]:
        """As `grades`."""
        return [_preference(row) for row in self._rows(PREFERENCES, collection, judges, query)]

    def forget(self, judge: str) -> int:
        """Delete all that a judge said; how many rows that were. Makes no database."""
        if not self._database.exists():
            return 0
        self._database.prepare()
        with self._database.write() as connection:
            gone = [
                connection.execute(delete(table).where(table.c.judge == judge)).rowcount
                for table in (JUDGMENTS, PREFERENCES)
            ]
        return sum(gone)

    def _rows(
        self, table: Table, collection: str | None, judges: Sequence[str] | None, query: str | None
    ) -> list[Row[Any]]:
        if not self._database.exists():
            return []
        self._database.prepare()
        wanted = select(table).order_by(table.c.query, *table.primary_key.columns)
        if collection is not None:
            wanted = wanted.where(table.c.collection == collection)
        if judges is not None:
            wanted = wanted.where(table.c.judge.in_(judges))
        if query is not None:
            wanted = wanted.where(table.c.query_id == query_id(query))
        with self._database.read() as connection:
            return list(connection.execute(wanted))


def _same(table: Table, row: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [column == row[column.name] for column in table.primary_key.columns]


def _grade_row(grade: Grade) -> dict[str, Any]:
    return {
        "collection": grade.collection,
        "query_id": query_id(grade.query),
        "item": grade.item,
        "judge": grade.judge,
        "query": grade.query,
        "grade": grade.grade,
        "rankings": [dict(one) for one in grade.rankings] or None,
        "at": grade.at,
    }


def _grade(row: Row[Any]) -> Grade:
    return Grade(
        collection=row.collection,
        query=row.query,
        item=row.item,
        judge=row.judge,
        grade=row.grade,
        at=row.at,
        rankings=tuple(row.rankings or ()),
    )


def _preference_row(one: Preference) -> dict[str, Any]:
    return {
        "collection": one.collection,
        "query_id": query_id(one.query),
        "pair": pair_id(one.first, one.second),
        "judge": one.judge,
        "query": one.query,
        "first": dict(one.first),
        "second": dict(one.second),
        "preferred": one.preferred,
        "swapped": one.swapped,
        "at": one.at,
    }


def _preference(row: Row[Any]) -> Preference:
    return Preference(
        collection=row.collection,
        query=row.query,
        judge=row.judge,
        first=row.first,
        second=row.second,
        preferred=row.preferred,
        swapped=row.swapped,
        at=row.at,
    )


def pair_id(first: Settings, second: Settings) -> str:
    """The same for the same two rankings in this order."""
    both = f"{canonical(first)}\n{canonical(second)}"
    return hashlib.sha256(both.encode()).hexdigest()[:16]
