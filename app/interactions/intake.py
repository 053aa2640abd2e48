"""The intake: looks at every event that is told, keeps the good ones, says what is wrong with the
others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from app.interactions.settings import EventSettings
from app.interactions.told import Told
from core.errors import InvalidName
from core.interactions import BUILTIN_ACTIONS, DWELL, Event
from core.items import check_item_id
from core.query_ids import QueryId, QueryIds

Reach = Callable[[QueryId], bool]


@dataclass(frozen=True)
class Refusal:
    """Why an event is not kept. reason: a word, for the metrics; problem: a sentence."""

    index: int
    reason: str
    problem: str

    def as_json(self) -> dict[str, Any]:
        """As the HTTP API answers."""
        return {"index": self.index, "problem": self.problem}


@dataclass(frozen=True)
class Kept:
    """An event that is good, the key that makes it count once, and what its query's id says."""

    event: Event
    key: str | None
    of: QueryId


class _Refused(Exception):
    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason


class Intake:
    """Tells good events from others. Stateless."""

    def __init__(self, settings: EventSettings) -> None:
        self._conversions = frozenset(settings.conversions)
        self._skew = timedelta(seconds=settings.max_skew_seconds)
        self._age = timedelta(hours=settings.max_age_hours)

    def look(
        self, told: Sequence[Any], ids: QueryIds, reach: Reach, now: datetime
    ) -> tuple[list[Kept], list[Refusal]]:
        """The good ones, and the others.

        Args:
            told: JSON documents.
            reach: whether the sender may send events of a query.
            now: aware.
        """
        kept, refused = [], []
        for index, document in enumerate(told):
            try:
                kept.append(self._kept(document, ids, reach, now))
            except _Refused as refusal:
                refused.append(Refusal(index, refusal.reason, str(refusal)))
        return kept, refused

    def _kept(self, document: Any, ids: QueryIds, reach: Reach, now: datetime) -> Kept:
        told = _read(document)
        self._check_action(told)
        found = ids.read(told.query_id)
        if found is None:
            raise _Refused("query", f"There was no query '{told.query_id}'.")
        if not reach(found):
            raise _Refused("reach", "The key is not for the collection of this query.")
        at = self._moment(told.at, found, now)
        event = Event(
            query_id=told.query_id,
            item=told.item,
            action=told.action,
            at=at,
            position=told.position,
            seconds=told.seconds,
            value=told.value,
        )
        return Kept(event, told.key, found)

    def _check_action(self, told: Told) -> None:
        builtin = told.action in BUILTIN_ACTIONS
        if not builtin and self._conversions and told.action not in self._conversions:
            known = ", ".join((*BUILTIN_ACTIONS, *sorted(self._conversions)))
            raise _Refused("action", f"There is no action '{told.action}' here. Known: {known}.")
        if (told.action == DWELL) != (told.seconds is not None):
            raise _Refused("seconds", "'seconds' is for a dwell, and a dwell needs it.")
        if builtin and told.value is not None:
            raise _Refused("value", f"'value' is for conversions; a {told.action} has none.")

    def _moment(self, at: datetime | None, found: QueryId, now: datetime) -> datetime:
        """When it happened, never before its search: a clock may be off by a little."""
        if now - found.at > self._age:
            hours = f"{self._age / timedelta(hours=1):g}"
            raise _Refused("age", f"The query is older than {hours} hours.")
        if at is None:
            return now
        if at.tzinfo is None:
            raise _Refused("at", "'at' has no offset from UTC, such as Z or +02:00.")
        if at > now + self._skew:
            raise _Refused("future", f"'at' is {_span(at - now)} in the future.")
        if at < found.at - self._skew:
            raise _Refused("before", f"'at' is {_span(found.at - at)} before the query.")
        return min(max(at.astimezone(UTC), found.at), max(now, found.at))


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds / 3600:,.1f} hours" if seconds >= 3600 else f"{seconds:,.0f} seconds"


def _read(document: Any) -> Told:
    try:
        told = Told.model_validate(document)
        check_item_id(told.item)
        _check_key(told.key)
    except ValidationError as error:
        raise _Refused(*_finding(error.errors(include_url=False)[0])) from None
    except InvalidName as error:
        raise _Refused("item", error.message) from None
    return told


def _check_key(key: str | None) -> None:
    if key is not None and not key.isprintable():
        raise _Refused("key", "'key' has characters that can't be shown.")


def _finding(found: Any) -> tuple[str, str]:
    if not found["loc"]:
        return "shape", "An event is a JSON object with query_id, item and action."
    name = str(found["loc"][0])[:40]
    if found["type"] == "extra_forbidden":
        return "shape", f"There is no '{name}' in an event."
    return name if name in Told.model_fields else "shape", f"'{name}': {found['msg']}."
