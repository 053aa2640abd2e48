"""The table of likenesses."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, String, Table

from database.tables import METADATA

BANDS = 5

LIKENESSES = Table(
    "likenesses",
    METADATA,
    Column("collection", String(63), primary_key=True),
    Column("id", String(512), primary_key=True),
    Column("leader", String(540), nullable=False),
    Column("leads", Boolean, nullable=False),
    Column("phash", LargeBinary(8), nullable=False),
    Column("layout", LargeBinary(108), nullable=False),
    Column("aspect", Float, nullable=False),
    *(Column(f"band{at}", Integer) for at in range(BANDS)),
    *(Index(None, "collection", f"band{at}") for at in range(BANDS)),
    Index(None, "collection", "leader"),
    sqlite_with_rowid=False,
)
"""What near-duplicates share, of each item of a collection; `leader` is the name of its group. Only
of those that lead one are the bands known, which look-ups go by."""
