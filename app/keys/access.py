"""What each request needs: decided by method and path, so that a new route is closed, not open."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.keys.key import Key, Role
from core.errors import NotAllowed

_API = "/v1/"
_COLLECTION = re.compile(r"/v1/collections/([^/]+)(/.*)?")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_READING_POSTS = frozenset({"/v1/embeddings", "/v1/events"})
_JUDGMENTS = "/v1/judgments"
_OPERATIONS = "/v1/operations"
_SEARCHES = frozenset({"/search", "/search/batch"})
SESSION = "/v1/session"
"""Where a page exchanges a key for a cookie: open, or nobody could."""


@dataclass(frozen=True)
class Needed:
    """The role, and the collection that is concerned, if it is one."""

    role: Role
    collection: str | None = None


def needed(method: str, path: str) -> Needed | None:
    """What a request needs; None where it is open to all: the page, health, metrics, description.

    Reading needs read, as do searches, embeddings and events. Writing items needs write, as
    does judging. Everything else under /v1, also what does not exist yet, needs admin; so does
    reading how the service runs.
    """
    if not path.startswith(_API) or path == SESSION:
        return None
    found = _COLLECTION.fullmatch(path)
    collection, below = (found[1], found[2] or "") if found else (None, "")
    return Needed(_role(method, path, below), collection)


def check(key: Key, asked: Needed) -> None:
    """Raises NotAllowed where the key does not reach what is asked."""
    if not key.role.reaches(asked.role):
        raise NotAllowed(
            f"The key '{key.id}' may {key.role}; this needs a key that may {asked.role}.",
            hint="`binocle keys create --role ...` makes one.",
        )
    if asked.collection is not None and not key.may_touch(asked.collection):
        raise NotAllowed(
            f"The key '{key.id}' is not for the collection '{asked.collection}'.",
            hint="`binocle keys create --collection ...` makes one that is.",
            field="collection",
        )
    if asked.collection is None and asked.role is Role.ADMIN and key.collections is not None:
        raise NotAllowed(f"The key '{key.id}' is for some collections only; this is not in one.")


def _role(method: str, path: str, below: str) -> Role:
    if path == _OPERATIONS or path.startswith(f"{_OPERATIONS}/"):
        return Role.ADMIN
    if path == _JUDGMENTS:
        return Role.WRITE
    if method in _SAFE or path in _READING_POSTS or (method == "POST" and below in _SEARCHES):
        return Role.READ
    if below == "/items" or below.startswith("/items/"):
        return Role.WRITE
    return Role.ADMIN
