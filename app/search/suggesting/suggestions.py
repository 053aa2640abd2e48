"""Suggestions of open collections: built in the background, checked before they are told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.catalog import Catalog
from app.collection import OpenCollection
from app.search.language.box import Exactly
from app.search.policy import ANYONE, Viewer
from app.search.suggesting.conditions import commonest, condition_of, fields_of
from app.search.suggesting.entries import Entry, asked, gather, texts_of, words_of
from app.search.suggesting.lexicon import Lexicon
from core.errors import BinocleError, InvalidQuery

log = logging.getLogger(__name__)

MAX_LIMIT = 50
MAX_TEXT = 200
"""Characters of a text that suggestions are made for."""
_FRESH_S = 30.0
"""How long a lexicon is used after something was written."""
_LONGEST_S = 300.0
"""How long it is used where others may have written."""
_REST = 20
"""Where writes never end, how many times as long as a build no next one is begun: it takes at most
a twentieth of a core."""


@dataclass(frozen=True)
class Suggestion:
    """An entry, and what the box says once it is taken."""

    entry: Entry
    box: str

    def as_json(self) -> dict[str, Any]:
        """As the HTTP API answers."""
        entry = self.entry
        return {
            "text": entry.text,
            "kind": entry.kind,
            "field": entry.field or None,
            "count": entry.count,
            "box": self.box,
        }


@dataclass(frozen=True)
class Suggested:
    """What may be meant. ready: False while the first lexicon is being built."""

    suggestions: tuple[Suggestion, ...]
    corrected: str | None
    ready: bool

    @property
    def texts(self) -> list[str]:
        return [each.entry.text for each in self.suggestions]

    def as_json(self) -> dict[str, Any]:
        """As the HTTP API answers."""
        shown = [each.as_json() for each in self.suggestions]
        return {"suggestions": shown, "corrected": self.corrected, "ready": self.ready}


@dataclass(frozen=True)
class _Built:
    lexicon: Lexicon
    generation: str
    version: int
    at: float
    took_s: float


class Suggestions:
    """Suggestions for the collections of a catalog. Safe to call from several threads.

    Each collection has a lexicon of what everybody may see, built by a thread at the first request
    and again when there was something written or published. Whatever it says is compared with the
    stored items before it is told: an item that was made private, changed or deleted meanwhile is
    no longer spoken of.

    Args:
        queries: texts asked of a collection, with how often: those that may be shown to others;
            None: none. Asked again after some minutes.
        fresh_s: how long a lexicon is used after something was written, in seconds.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        queries: Callable[[str], Iterable[tuple[str, int]]] | None = None,
        fresh_s: float = _FRESH_S,
    ) -> None:
        self._catalog = catalog
        self._queries = queries
        self._fresh_s = fresh_s
        self._built: dict[str, _Built] = {}
        self._building: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def suggest(
        self, collection: str, text: str, limit: int = 8, *, viewer: Viewer = ANYONE
    ) -> Suggested:
        """What `text` may be the beginning of, best first.

        `field:beginning` suggests values of that field, `field:` its most frequent ones. Raises
        CollectionNotFound, StoreError, and InvalidQuery for a limit or a text out of bounds.
        """
        _check(text, limit)
        with self._catalog.lease(collection) as opened:
            condition = condition_of(text, opened.schema)
            if condition is not None and not words_of(condition.value):
                entries = commonest(opened, condition.field, limit, viewer)
                return Suggested(_values(entries, condition.before), None, ready=True)
            built = self._lexicon(opened)
            if built is None:
                return Suggested((), None, ready=False)
            if condition is not None:
                found = built.lexicon.find(condition.value, 2 * limit, condition.field)
                entries = _still_there(opened, found.entries, viewer)[:limit]
                return Suggested(_values(entries, condition.before), None, ready=True)
            found = built.lexicon.find(text, 2 * limit)
            entries = _still_there(opened, found.entries, viewer)
            fields = [Suggestion(*each) for each in fields_of(text, opened.schema)]
        corrected = found.corrected if _is_shown(found.corrected, entries) else None
        texts = [Suggestion(entry, entry.text) for entry in entries[: limit - bool(fields)]]
        return Suggested((*texts, *fields)[:limit], corrected, ready=True)

    def wait_built(self, collection: str, seconds: float) -> bool:
        """Whether what is being built for the collection is done within `seconds`."""
        with self._lock:
            thread = self._building.get(collection)
        if thread is not None:
            thread.join(seconds)
        with self._lock:
            return collection in self._built

    def close(self) -> None:
        """Stop building; returns when it has stopped."""
        self._closed.set()
        with self._lock:
            threads = list(self._building.values())
        for thread in threads:
            thread.join()

    def _lexicon(self, opened: OpenCollection) -> _Built | None:
        """The lexicon at hand, maybe of a former state; a new one is begun where it is time."""
        with self._lock:
            built = self._built.get(opened.name)
            if self._is_due(built, opened) and opened.name not in self._building:
                thread = threading.Thread(
                    target=self._build, args=(opened.name,), name="binocle-suggest", daemon=True
                )
                self._building[opened.name] = thread
                thread.start()
        return built

    def _is_due(self, built: _Built | None, opened: OpenCollection) -> bool:
        if self._closed.is_set():
            return False
        if built is None or built.generation != opened.generation_name:
            return True
        age = time.monotonic() - built.at
        written = built.version != opened.version
        if age < _REST * built.took_s:
            return False
        elsewhere = opened.generation.shared or self._queries is not None
        return (written and age > self._fresh_s) or (elsewhere and age > _LONGEST_S)

    def _build(self, name: str) -> None:
        try:
            with self._catalog.lease(name) as opened:
                version, start = opened.version, time.monotonic()
                entries = gather(opened, lambda: not self._closed.is_set())
                queries = self._queries(name) if self._queries is not None else ()
                lexicon = Lexicon([*asked(queries), *entries])
                now = time.monotonic()
                built = _Built(lexicon, opened.generation_name, version, now, now - start)
            with self._lock:
                self._built[name] = built
            log.info("%s: %d texts to suggest, in %.1f s.", name, len(lexicon), built.took_s)
        except BinocleError as error:
            log.warning("Suggestions for '%s' can't be built: %s", name, error)
        finally:
            with self._lock:
                del self._building[name]


def _still_there(opened: OpenCollection, entries: Iterable[Entry], viewer: Viewer) -> list[Entry]:
    """The entries that their item still has, where the viewer may see the item."""
    entries = list(entries)
    ids = [entry.item for entry in entries if entry.item is not None]
    found: dict[str, Mapping[str, Any]] = {}
    if ids:
        found = {point.id: point.payload for point in opened.generation.retrieve(ids)}

    def holds(entry: Entry) -> bool:
        if entry.item is None:
            return True
        payload = found.get(entry.item)
        if payload is None or not viewer.may_see(payload, opened.schema):
            return False
        return (entry.field, entry.text) in texts_of(payload, opened.schema)

    return [entry for entry in entries if holds(entry)]


def _values(entries: Iterable[Entry], before: str) -> tuple[Suggestion, ...]:
    """Values of a condition, in the place of what is typed of the value."""
    return tuple(Suggestion(entry, before + str(Exactly(entry.text))) for entry in entries)


def _is_shown(corrected: str | None, shown: Iterable[Entry]) -> bool:
    """Whether all words of a correction are in what is shown: others may be hidden by now."""
    if corrected is None:
        return False
    words = [word for entry in shown for word in words_of(entry.text)]
    return all(any(word.startswith(each) for word in words) for each in corrected.split())


def _check(text: str, limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidQuery(f"limit is {limit}; 1 to {MAX_LIMIT} are allowed.", field="limit")
    if len(text) > MAX_TEXT:
        raise InvalidQuery(
            f"The text has {len(text):,} characters; suggestions are made for at most {MAX_TEXT}.",
            field="q",
        )
