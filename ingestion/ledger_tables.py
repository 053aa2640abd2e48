"""The tables of the ledger."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, String, Table

from database.tables import METADATA

LEDGER_ITEMS = Table(
    "ledger_items",
    METADATA,
    Column("collection", String(63), primary_key=True),
    Column("generation", String(16), primary_key=True),
    Column("id", String(512), primary_key=True),
    Column("item", String(32), nullable=False),
    Column("image", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What a generation holds of each item that a load wrote, as the source had it."""

LEDGER_CHANGES = Table(
    "ledger_changes",
    METADATA,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("collection", String(63), nullable=False),
    Column("generation", String(16), nullable=False),
    Column("id", String(512), nullable=False),
    Index(None, "collection", "generation", "id", unique=True),
    sqlite_autoincrement=True,  # a number is never given twice, also after the last row is gone
)
"""Items that were written beside the loads, each with the number of its latest change."""
