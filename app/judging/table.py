"""The tables of grades and preferences."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, SmallInteger, String, Table, Text

from database.tables import METADATA, Moment

JUDGMENTS = Table(
    "judgments",
    METADATA,
    Column("collection", String(63), primary_key=True),
    Column("query_id", String(16), primary_key=True),
    Column("item", String(512), primary_key=True),
    Column("judge", String(60), primary_key=True),
    Column("query", Text, nullable=False),
    Column("grade", SmallInteger, nullable=False),
    Column("rankings", JSON(none_as_null=True)),
    Column("at", Moment(), nullable=False),
)

PREFERENCES = Table(
    "preferences",
    METADATA,
    Column("collection", String(63), primary_key=True),
    Column("query_id", String(16), primary_key=True),
    Column("pair", String(16), primary_key=True),  # of the two rankings' settings
    Column("judge", String(60), primary_key=True),
    Column("query", Text, nullable=False),
    Column("first", JSON(), nullable=False),
    Column("second", JSON(), nullable=False),
    Column("preferred", String(8), nullable=False),
    Column("swapped", Boolean, nullable=False),
    Column("at", Moment(), nullable=False),
)
