"""Searches and events as rows of their tables, and back."""

from __future__ import annotations

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from core.interactions import Asked, Event

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ID = 8
_CHANCE = random.Random()  # ids that differ, not ids that can't be guessed: a system call less


def microseconds(moment: datetime) -> int:
    """An aware moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(given: int) -> datetime:
    """The moment of so many microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=given)


def search_row(asked: Asked, agent: str | None = None) -> dict[str, Any]:
    """The row of a search; `agent`: what the program that asked calls itself."""
    return {
        "query_id": asked.query_id,
        "collection": asked.collection,
        "generation": asked.generation,
        "at": microseconds(asked.at),
        "kind": asked.kind,
        "text": _clean(asked.text),
        "image": asked.image,
        "found": asked.found,
        "latency_ms": asked.latency_ms,
        "user": asked.user,
        "session": asked.session,
        "variants": dict(asked.variants) or None,
        "sources": dict(asked.sources) or None,
        "randomised": asked.randomised,
        "client": asked.client,
        "encoder": asked.encoder[:200],
        "agent": _clean(agent) if agent is not None else None,
    }


def event_row(event: Event, key: str | None = None) -> dict[str, Any]:
    """The row of an event. Of several with one `key` on one search, the first is kept."""
    return {
        "query_id": event.query_id,
        "id": _CHANCE.randbytes(_ID) if key is None else _digest(key),
        "item": event.item,
        "action": event.action,
        "at": microseconds(event.at),
        "position": event.position,
        "seconds": event.seconds,
        "value": event.value,
    }


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=_ID).digest()


def asked_of(row: Any) -> Asked:
    """The search that a row of `SEARCHES` tells, all columns there."""
    return Asked(
        query_id=row.query_id,
        collection=row.collection,
        generation=row.generation,
        at=moment(row.at),
        kind=row.kind,
        text=row.text,
        image=row.image,
        found=row.found,
        latency_ms=row.latency_ms,
        user=row.user,
        session=row.session,
        variants=row.variants or {},
        sources=row.sources or {},
        randomised=bool(row.randomised),
        client=row.client,
        encoder=row.encoder,
    )


def event_of(row: Any) -> Event:
    """The event that a row of `EVENTS` tells, all columns there: by their places, as millions are
    read at a time, and names cost half of that time."""
    query_id, _, item, action, at, position, seconds, value = row
    return Event(query_id, item, action, moment(at), position, seconds, value)


def _clean(text: str) -> str:
    """Without what PostgreSQL takes no text with: NUL, and halves of characters."""
    return text.replace("\0", "").encode(errors="replace").decode()
