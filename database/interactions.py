"""Tables of searches and of events on their answers. Rows are added and pruned, never changed.

A query's id begins with the moment of the search and sorts by it (core/query_ids), and
both tables are ordered by it: a span of time is a range of the key, and the events of a search lie
side by side, so that whatever reads them needs no other index and no sort.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from database.tables import METADATA

QUERY_ID = String(40).with_variant(String(40, collation="C"), "postgresql")
"""Sorts by bytes in every engine."""

SEARCHES = Table(
    "searches",
    METADATA,
    Column("query_id", QUERY_ID, primary_key=True),
    Column("collection", String(63), nullable=False),
    Column("generation", String(16), nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("kind", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("image", String(64)),
    Column("found", Integer, nullable=False),
    Column("latency_ms", Float),
    Column("user", String(32)),
    Column("session", String(32)),
    Column("variants", JSON(none_as_null=True)),
    Column("sources", JSON(none_as_null=True)),
    Column("randomised", Boolean, nullable=False),
    Column("client", String(40), nullable=False),
    Column("encoder", String(200), nullable=False),
    Column("agent", String(200)),
    Index("ix_searches_user", "user"),
    Index("ix_searches_session", "session"),
    sqlite_with_rowid=False,
)

EVENTS = Table(
    "events",
    METADATA,
    Column("query_id", QUERY_ID, primary_key=True),
    Column("id", LargeBinary(8), primary_key=True),
    Column("item", String(512), nullable=False),
    Column("action", String(40), nullable=False),
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("position", Integer),
    Column("seconds", Float),
    Column("value", Float),
    sqlite_with_rowid=False,
)

SECRETS = Table(
    "secrets",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", LargeBinary(64), nullable=False),
)
"""Random keys that processes on one database share, each made once."""
