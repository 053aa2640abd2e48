"""Ids of queries: they sort by time, can't be guessed, and say which search they are of.

An id holds the moment of its search, how it was asked, a tag of its collection, chance, and a
keyed digest of all that. So any process that knows the secret can tell an id that Binocle gave
from one that somebody made up, and what it is of, without asking the database: also before the
search is written, and in another replica.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import cast, get_args

from core.interactions import QueryKind

_KINDS = cast("tuple[QueryKind, ...]", get_args(QueryKind))
_TIME, _TAG, _CHANCE, _SEAL = 6, 4, 6, 6
_BODY = _TIME + 1 + _TAG + _CHANCE
_BYTES = _BODY + _SEAL
LENGTH = -(-_BYTES * 8 // 5)
"""Characters of an id: digits and the letters a to v, as base32hex, which sorts as its bytes do."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class QueryId:
    """What an id says. tag: of the collection's name, see `QueryIds.tag`."""

    text: str
    at: datetime
    kind: QueryKind
    tag: bytes


class QueryIds:
    """Makes and reads the ids of one secret (16 bytes or more)."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, digest_size=32, person=b"query-id").digest()
        self._tags: dict[str, bytes] = {}
        # A page's events come together, and all name one query.
        self._seen = lru_cache(maxsize=4_096)(self._read)

    def new(self, collection: str, kind: QueryKind, at: datetime) -> str:
        """An id for a search of `collection` at an aware moment."""
        body = _moment(at) + bytes([_KINDS.index(kind)]) + self.tag(collection)
        body += os.urandom(_CHANCE)
        return _text(body + self._seal(body))

    def read(self, text: str) -> QueryId | None:
        """What `text` says; None where it is no id that was made with this secret."""
        return self._seen(text)

    def tag(self, collection: str) -> bytes:
        """Four bytes that stand for a collection's name."""
        known = self._tags.get(collection)
        if known is None:
            name = collection.encode()
            known = hashlib.blake2b(name, key=self._key, digest_size=_TAG, person=b"tag").digest()
            if len(self._tags) < 10_000:  # names come from outside
                self._tags[collection] = known
        return known

    def _read(self, text: str) -> QueryId | None:
        data = _bytes(text)
        if data is None or not hmac.compare_digest(self._seal(data[:_BODY]), data[_BODY:]):
            return None
        at = _EPOCH + int.from_bytes(data[:_TIME], "big") * _MILLISECOND
        tag = data[_TIME + 1 : _TIME + 1 + _TAG]
        return QueryId(text, at, _KINDS[data[_TIME]], tag)

    def _seal(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self._key, digest_size=_SEAL, person=b"seal").digest()


def first_id(at: datetime) -> str:
    """What no id of a search at the aware moment `at` or later sorts before."""
    return _text(_moment(at) + bytes(_BYTES - _TIME))


def _moment(at: datetime) -> bytes:
    return max(0, (at - _EPOCH) // _MILLISECOND).to_bytes(_TIME, "big")


def _text(data: bytes) -> str:
    return base64.b32hexencode(data).decode().rstrip("=").lower()


def _bytes(text: str) -> bytes | None:
    if len(text) != LENGTH or not text.isascii() or text != text.lower():
        return None
    try:
        data = base64.b32hexdecode(text.upper() + "=" * (-LENGTH % 8))
    except binascii.Error:
        return None
    return data if _text(data) == text else None  # the last character has spare bits
