"""All that a service does about interactions: names who asks, gives ids, records, takes events."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry

from app.interactions.asker import Asker, Identities
from app.interactions.erasing import images_left, prune
from app.interactions.flood import Flood
from app.interactions.intake import Intake, Reach, Refusal
from app.interactions.meters import RecordMeters
from app.interactions.online_meters import UNKNOWN, OnlineMeters
from app.interactions.query_images import QueryImages
from app.interactions.recorder import Recorder
from app.interactions.searched import Searched, image_of
from app.interactions.secret import key_of
from app.interactions.settings import EventSettings
from core.errors import BinocleError, Conflict, DatabaseUnavailable, TooLarge
from core.query_ids import LENGTH, QueryIds
from database.engine import Database
from database.interaction_rows import event_row, search_row

log = logging.getLogger(__name__)

_PRUNE_EVERY = timedelta(hours=1)
_PICTURES = 64
"""Images of queries that may wait to be kept."""


@dataclass(frozen=True)
class Taken:
    """What became of the events of one call."""

    accepted: int
    refused: Sequence[Refusal]

    def as_json(self) -> dict[str, Any]:
        """As the HTTP API answers."""
        return {"accepted": self.accepted, "refused": [each.as_json() for each in self.refused]}


def _now() -> datetime:
    return datetime.now(UTC)


class Interactions:
    """Of one service. Nothing here waits for the database but `start` and `close`.

    Where recording is switched off, answers have ids all the same, and events are refused. While
    the database can't be reached at the start, nobody is told apart and nothing recorded; the
    secret is asked for again and again.

    Args:
        images: where query images are kept; None: nowhere.
        collections: names of those that there are.
        clock: says what time it is, aware.
    """

    def __init__(
        self,
        database: Database,
        settings: EventSettings,
        registry: CollectorRegistry,
        *,
        images: QueryImages | None = None,
        collections: Callable[[], Iterable[str]] = tuple,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._meters = RecordMeters(registry)
        self._collections = collections
        self._online = OnlineMeters(registry, self._name_of)
        self._intake = Intake(settings)
        self._flood = Flood(settings.per_minute)
        self._age = timedelta(hours=settings.max_age_hours)
        own = os.urandom(32)
        self._ids = QueryIds(own)
        self._identities = Identities(own)
        self._known = False
        self._names: dict[bytes, str] = {}
        self._prune_at = clock()
        self._images = images
        self._pictures: deque[tuple[str, bytes]] = deque()
        self._recorder = Recorder(
            database,
            self._meters,
            flush_seconds=settings.flush_seconds,
            max_waiting=settings.max_waiting,
            chore=self._chore,
        )

    @property
    def enabled(self) -> bool:
        """Whether searches are recorded and events taken."""
        return self._settings.enabled

    def start(self) -> None:
        """Get the secret, which takes a bounded time, and start to record."""
        if not self.enabled:
            return
        try:
            self._learn_secret()
        except BinocleError as error:  # whatever it is, searches are answered
            log.warning("Searches and events can't be recorded yet: %s", error)
        self._recorder.start()

    def close(self) -> None:
        """Write what waits. Idempotent."""
        if self.enabled:
            self._recorder.close()

    def flush(self) -> bool:
        """Whether all that was recorded until now is in the database, after a wait."""
        return not self.enabled or self._recorder.flush()

    def asker(self, headers: Mapping[str, str]) -> Asker:
        """Who sent these headers. Raises InvalidRequest where they are too long."""
        asker = self._identities.asker(headers)
        if self.enabled and not self._known:
            return Asker(client=asker.client, recorded=asker.recorded)
        return asker

    def continued(self, cursor: str | None, collection: str) -> tuple[str | None, str | None]:
        """The cursor as the search takes it, and the id of the search whose next page it asks for.

        The id is None for a first page, and where it can't be told any more.
        """
        if cursor is None:
            return None, None
        head, _, tail = cursor.rpartition(".")
        if not head or len(tail) != LENGTH:
            return cursor, None
        found = self._ids.read(tail)
        known = found is not None and found.tag == self._ids.tag(collection)
        if not known or found is None or self._clock() - found.at > self._age:
            return head, None
        return head, tail

    def began(self, query_id: str | None) -> datetime | None:
        """When the search of this id was asked, to the millisecond; None for no id of ours."""
        found = None if query_id is None else self._ids.read(query_id)
        return None if found is None else found.at

    def note(self, searched: Searched, continued: str | None = None) -> str:
        """Record a search; its id. The next page of a search has its id, and is not recorded; nor
        is a search that no person asked for."""
        if continued is not None:
            return continued
        query_id = self._ids.new(searched.answer.collection, searched.kind, searched.at)
        if self.enabled and self._known and searched.asker.recorded:
            asked = searched.asked(query_id)
            self._names.setdefault(self._ids.tag(asked.collection), asked.collection)
            self._online.searched(asked)
            row = search_row(asked, searched.asker.agent)
            if not self._recorder.add("search", [row]):
                self._recorder.lost("search", 1, "full")
            elif searched.image is not None:
                self._keep(searched.image, image_of(searched.request))
        return query_id

    async def take(
        self, told: Sequence[Any], *, client: str, collections: Sequence[str] | None
    ) -> Taken:
        """Look at events and record the good ones.

        Args:
            told: JSON documents, in order.
            client: who sends them, to limit floods by.
            collections: those whose events the sender may send; None: all.

        Raises Conflict where events are not recorded here, TooLarge for too many in one call,
        TooMany for a flood, and DatabaseUnavailable where they can't be written soon.
        """
        self._check(told)
        await self._flood.check(client, len(told))
        kept, refused = self._intake.look(told, self._ids, self._reach(collections), self._clock())
        if kept and not self._recorder.add("event", [event_row(e.event, e.key) for e in kept]):
            raise DatabaseUnavailable(
                "Events can't be written as fast as they come.", hint="Send these again later."
            )
        for each in kept:
            self._online.happened(each.event, each.of)
        for refusal in refused:
            self._meters.refused.labels(refusal.reason).inc()
        return Taken(len(kept), refused)

    def _check(self, told: Sequence[Any]) -> None:
        if not self.enabled:
            raise Conflict(
                "Events are not recorded here.", hint="BINOCLE_EVENTS__ENABLED=true records them."
            )
        if len(told) > self._settings.max_batch:
            raise TooLarge(
                f"{len(told):,} events; {self._settings.max_batch:,} are allowed in one call.",
                hint="Send fewer at once.",
                field="events",
            )
        if not self._known:
            raise DatabaseUnavailable(
                "Events can't be taken yet: the database does not answer.",
                hint="Send these again later.",
            )

    def _name_of(self, tag: bytes) -> str | None:
        """The collection that a tag stands for."""
        if tag not in self._names:
            try:
                found = {self._ids.tag(name): name for name in self._collections()}
            except BinocleError:  # the store does not answer now
                return None
            # What is not there now was dropped since its search.
            self._names = {tag: UNKNOWN, **self._names, **found}
        return self._names[tag]

    def _reach(self, collections: Sequence[str] | None) -> Reach:
        if collections is None:
            return lambda _: True
        tags = {self._ids.tag(name) for name in collections}
        return lambda found: found.tag in tags

    def _keep(self, digest: str, data: bytes | None) -> None:
        """Have a query's image kept soon, where images are."""
        if self._images is None or data is None:
            return
        if len(self._pictures) < _PICTURES:
            self._pictures.append((digest, data))
        else:
            self._meters.lost.labels("image", "full").inc()

    def _learn_secret(self) -> None:
        self._database.prepare()
        secret = key_of(self._database, self._settings.salt)
        self._ids, self._identities = QueryIds(secret), Identities(secret)
        self._known = True

    def _chore(self) -> None:
        if not self._known:
            self._learn_secret()
        while self._pictures and self._images is not None:
            self._images.keep(*self._pictures.popleft())
        now, days = self._clock(), self._settings.retention_days
        if days and now >= self._prune_at:
            self._prune_at = now + _PRUNE_EVERY
            erased = prune(self._database, now - timedelta(days=days))
            if self._images is not None:
                kept = self._images.settled()
                for digest in set(kept) - images_left(self._database, kept):
                    self._images.drop(digest)
            if erased.searches:
                log.info("%d searches older than %d days are erased.", erased.searches, days)
