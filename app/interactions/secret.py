"""The secret that identities are hashed with: made once for a database, shared by its processes."""

from __future__ import annotations

import secrets
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite

from app.interactions.asker import Identities
from database.engine import Database
from database.interactions import SECRETS

_NAME = "interactions"
_BYTES = 32


def secret_of(database: Database) -> bytes:
    """The database's secret, 32 bytes, made at the first call. Raises DatabaseError."""
    database.prepare()
    with database.write() as connection:
        row = {"name": _NAME, "value": secrets.token_bytes(_BYTES)}
        connection.execute(insert_new(database, SECRETS).values(row))
        wanted = select(SECRETS.c.value).where(SECRETS.c.name == _NAME)
        return bytes(connection.scalars(wanted).one())


def identities_of(database: Database, salt: SecretStr | None) -> Identities:
    """What the users and sessions of a database are hashed by. Raises DatabaseError."""
    return Identities(key_of(database, salt))


def key_of(database: Database, salt: SecretStr | None) -> bytes:
    """The settings' salt, or else the database's secret. Raises DatabaseError."""
    return secret_of(database) if salt is None else salt.get_secret_value().encode()


def insert_new(database: Database, table: Table) -> Any:
    """INSERT that passes over rows whose primary key is there already."""
    if database.dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
