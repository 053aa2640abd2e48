"""Cursors: where a page ended, as text that callers pass back and need not understand.

A cursor is bound to its question and to the generation it was asked of, so that no page is ever
taken from the middle of another list. It holds no secret and is not signed: a forged one can only
point elsewhere into the same answer.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from core.errors import InvalidCursor

_VERSION = 2


@dataclass(frozen=True)
class Position:
    """Where the last page ended.

    offset, score and id are of a ranked answer: how many hits came before, and the last of them.
    token is of a browse: what the store's `scroll` gave. seen is of an answer that is shaped window
    by window, whose offset counts windows: what was shown (app/search/presentation/seen.py).
    """

    offset: int = 0
    score: float = 0.0
    id: str = ""
    token: str | None = None
    seen: str = ""


def encode_cursor(position: Position, *, digest: str, generation: str) -> str:
    """URL-safe text for `position` in the answer to the question `digest` from `generation`."""
    parts = [_VERSION, digest, generation, position.offset, position.score, position.id]
    data = orjson.dumps([*parts, position.token, position.seen])
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(cursor: str, *, digest: str, generation: str) -> Position:
    """The position. Raises InvalidCursor where it is malformed, or of another answer."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        version, of_digest, of_generation, offset, score, item_id, token, seen = parts
    except (ValueError, TypeError, binascii.Error):
        raise _invalid("The cursor is malformed.") from None
    right = (
        version == _VERSION
        and type(offset) is int
        and offset >= 0
        and type(score) is float
        and isinstance(item_id, str)
        and isinstance(token, str | None)
        and isinstance(seen, str)
    )
    if not right:
        raise _invalid("The cursor is malformed.")
    if of_digest != digest:
        raise _invalid("The cursor belongs to another query.")
    if of_generation != generation:
        raise _invalid("The collection was published anew since the page before.")
    return Position(offset, score, item_id, token, seen)


def _invalid(message: str) -> InvalidCursor:
    return InvalidCursor(message, hint="Start again from the first page.", field="cursor")
