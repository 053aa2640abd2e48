"""A key: a random secret that is shown once, and what is kept of it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_SHAPE = re.compile(r"bnc_([0-9a-f]{8})_([0-9a-f]{64})")
_NOBODY = hashlib.sha256(b"").hexdigest()


class Role(StrEnum):
    """What a key may do; each may do what the ones before it may."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def reaches(self, needed: Role) -> bool:
        """Whether this role suffices where `needed` is asked for."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class Key:
    """What is kept of a key.

    `collections` limits it to those named; None is all of them. `owner_id` is whose private items
    it may read beside the public ones; None: nobody's. `digest` is the SHA-256 of the
    secret, in hex: a slow hash would guard guessable passwords, but 256 random bits can't be
    guessed, and a slow hash for every request would let anybody tie up the processor.
    """

    id: str
    name: str
    digest: str
    role: Role
    collections: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    owner_id: str | None = None

    def state(self, now: datetime) -> str:
        """'active', 'expired' or 'revoked'."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"

    def may_touch(self, collection: str) -> bool:
        """Whether the key reaches this collection."""
        return self.collections is None or collection in self.collections


def new_secret() -> tuple[str, str, str]:
    """A new key's id, its text (to be shown once), and its digest."""
    key_id, secret = secrets.token_hex(4), secrets.token_hex(32)
    return key_id, f"bnc_{key_id}_{secret}", _digest(secret)


def id_in(text: str) -> str | None:
    """The id in a key's text; None where it has not the shape of a key."""
    found = _SHAPE.fullmatch(text)
    return found[1] if found else None


def fits(text: str, key: Key | None) -> bool:
    """Whether `text` is the text of `key`. Takes as long where there is no such key."""
    found = _SHAPE.fullmatch(text)
    digest = _digest(found[2] if found else "")
    expected = key.digest if key is not None else _NOBODY
    return hmac.compare_digest(digest, expected) and found is not None and key is not None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
