"""The table of the keys."""

from __future__ import annotations

from sqlalchemy import JSON, Column, String, Table

from database.tables import METADATA, Moment

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("collections", JSON(none_as_null=True)),
    Column("created_at", Moment(), nullable=False),
    Column("expires_at", Moment()),
    Column("revoked_at", Moment()),
    Column("owner_id", String(200)),
)
