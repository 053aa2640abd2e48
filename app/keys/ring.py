"""The keys in the database: create, list, revoke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.keys.key import Key, Role, new_secret
from app.keys.table import API_KEYS
from core.errors import InvalidRequest, NotFound
from core.items import check_collection_name
from database.engine import Database


class KeyRing:
    """The keys of one database. All methods raise DatabaseError where it can't be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        name: str,
        role: Role,
        *,
        collections: Sequence[str] | None = None,
        expires_in: timedelta | None = None,
        owner_id: str | None = None,
    ) -> tuple[Key, str]:
        """A new key, and its text, which is kept nowhere.

        Raises InvalidRequest and InvalidName for what can't be.
        """
        if not name.strip() or len(name) > 200 or not name.isprintable():
            raise InvalidRequest("A key's name has 1 to 200 printable characters.", field="name")
        if expires_in is not None and expires_in <= timedelta(0):
            raise InvalidRequest("A key can't expire before it exists.", field="expires")
        if owner_id is not None and not (0 < len(owner_id) <= 200 and owner_id.isprintable()):
            raise InvalidRequest("An owner id has 1 to 200 printable characters.", field="owner")
        for collection in collections or ():
            check_collection_name(collection)
        key_id, text, digest = new_secret()
        now = datetime.now(UTC)
        expires = now + expires_in if expires_in is not None else None
        limited = tuple(sorted(set(collections))) if collections else None
        key = Key(key_id, name.strip(), digest, role, limited, now, expires, None, owner_id)
        self._database.prepare()
        with self._database.write() as connection:
            connection.execute(insert(API_KEYS).values(**_as_row(key)))
        return key, text

    def all(self) -> list[Key]:
        """Every key ever made, oldest first. Makes no database."""
        if not self._database.exists():
            return []
        self._database.prepare()
        with self._database.read() as connection:
            rows = connection.execute(select(API_KEYS).order_by(API_KEYS.c.created_at))
            return [_key(row) for row in rows]

    def revoke(self, id: str) -> Key:
        """The key, which is not valid any more. Raises NotFound where there is none of this id."""
        if not any(key.id == id for key in self.all()):
            raise NotFound(
                f"There is no key '{id}'.", hint="`binocle keys list` shows them.", field="id"
            )
        with self._database.write() as connection:
            connection.execute(
                update(API_KEYS)
                .where(API_KEYS.c.id == id, API_KEYS.c.revoked_at.is_(None))
                .values(revoked_at=datetime.now(UTC))
            )
        return next(key for key in self.all() if key.id == id)


def _as_row(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "digest": key.digest,
        "role": key.role.value,
        "collections": list(key.collections) if key.collections is not None else None,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "owner_id": key.owner_id,
    }


def _key(row: Row[Any]) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        digest=row.digest,
        role=Role(row.role),
        collections=tuple(row.collections) if row.collections is not None else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        owner_id=row.owner_id,
    )
