"""The open collections: which there are, and the generation that each answers from.

A newly published generation is noticed by polling the store's pointers, opened beside the old one,
and put in its place; the old one is closed when its last reader is done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.beside import Beside
from app.collection import OpenCollection, warm_up
from app.writer import Note, Writer
from core.errors import BinocleError, CollectionBusy, CollectionNotFound, StoreUnavailable
from core.items import check_collection_name
from qdrant.store import CollectionConfig, Generation, VectorStore

log = logging.getLogger(__name__)

_TRIES = 3


class Catalog:
    """Open collections of one store, safe for several threads.

    Args:
        store: where the collections are. The catalog does not close it.
        wrap: laid around every generation opened, such as for metrics.
        note: told what is about to be written; see `app.writer`.
        ready: called with a collection's name and config before a generation takes another's place:
            whatever its searches need is there afterwards. Raises BinocleError where that can't be;
            then the one before goes on answering.
    """

    def __init__(
        self,
        store: VectorStore,
        wrap: Callable[[Generation], Generation] = lambda opened: opened,
        note: Note | None = None,
        ready: Callable[[str, CollectionConfig], None] = lambda _, __: None,
    ) -> None:
        self._store = store
        self._wrap = wrap
        self._note = note
        self._ready = ready
        self.beside = Beside(store, wrap, ready)
        self._open: dict[str, OpenCollection] = {}
        self._failed: dict[str, BinocleError] = {}
        self._state = threading.Lock()  # guards the two above; never held over the engine
        self._swapping = threading.RLock()  # one opening or closing at a time
        self._closed = False

    def names(self) -> list[str]:
        """Names of the published collections, sorted."""
        return self._store.collections()

    def published(self, name: str) -> str | None:
        """The generation that is published; None where there is no such collection."""
        return self._store.published(name)

    def failures(self) -> dict[str, BinocleError]:
        """Collections that could not be opened at the last try, with the reason."""
        with self._state:
            return dict(self._failed)

    def answering(self) -> list[str]:
        """Names of the collections that are open."""
        with self._state:
            return list(self._open)

    @contextmanager
    def lease(self, name: str, *, latest: bool = False) -> Iterator[OpenCollection]:
        """The collection, which stays open until the block ends.

        Args:
            latest: look at the pointer first, instead of waiting for the next poll: writes must not
                go into a generation that has just been replaced.

        Raises CollectionNotFound (naming those there are), CollectionBusy and StoreError.
        """
        if latest:
            self._bring_up(name)
        leased = self._take(name)
        try:
            yield leased
        finally:
            leased.give_back()

    @contextmanager
    def writing(self, name: str) -> Iterator[tuple[OpenCollection, Writer]]:
        """The collection as it is published now, and what writes to it, for one writer at a time.

        Raises as `lease`.
        """
        for _ in range(_TRIES):  # another generation may take over while this one is waited for
            with self.lease(name, latest=True) as opened, opened.writing() as writer:
                if not opened.superseded:
                    yield opened, writer
                    return
        raise StoreUnavailable(f"Collection '{name}' is being replaced.", hint="Try again.")

    def take_over(
        self, name: str, generation: str, replay: Callable[[Generation, Generation], None]
    ) -> None:
        """Publish a generation that was built aside, without losing what is written meanwhile.

        Args:
            replay: brings what was written to the first over to the second. Writers wait for it;
                searches are answered from the first.

        Raises as `lease` and `VectorStore.open`; then all is as it was.
        """
        with self._swapping:
            self._refuse_when_closed()
            fresh = self._store.open(name, generation)
            try:
                self._ready(name, fresh.config)
                warm_up(fresh)
                with self.lease(name, latest=True) as present, present.writing():
                    replay(present.generation, fresh)
                    self._store.publish(name, generation)
                    present.supersede()
                    self._put(name, OpenCollection(self._wrap(fresh), self._note))
            except BaseException:
                fresh.close()
                raise
            present.retire()

    def refresh(self) -> None:
        """Bring all collections up to what is published. What fails is logged, and tried again."""
        for name in {*self._store.collections(), *self._open_names()}:
            try:
                if self.refresh_one(name):
                    self._warmed(name)
            except BinocleError as error:
                with self._state:
                    known = self._failed.get(name)
                    self._failed[name] = error
                if known is None or known.message != error.message:
                    log.warning("Collection '%s' can't be opened: %s", name, error)

    def refresh_one(self, name: str) -> bool:
        """Bring one collection up to what is published; whether it was opened that was not before.

        Raises as `VectorStore.open`, and as `ready` where one is open that can go on answering.
        """
        with self._swapping:
            self._refuse_when_closed()
            published = self._store.published(name)
            with self._state:
                present = self._open.get(name)
            if present is not None and present.generation_name == published:
                with self._state:
                    self._failed.pop(name, None)
                return False
            fresh = self._opened(name, replaces=present is not None) if published else None
            self._put(name, fresh)
            if present is not None:
                present.supersede()
                present.retire()
            return present is None and fresh is not None

    def _warmed(self, name: str) -> None:
        """Have ready what the first searches of a collection need. Where that can't be had, it is
        answered from all the same: some searches need less."""
        with self.lease(name) as opened:
            try:
                self._ready(name, opened.config)
            except BinocleError as error:
                log.warning("%s", error)

    def _opened(self, name: str, *, replaces: bool) -> OpenCollection:
        generation = self._store.open(name)
        try:
            if replaces:
                self._ready(name, generation.config)
            warm_up(generation)
        except BinocleError:
            generation.close()
            raise
        return OpenCollection(self._wrap(generation), self._note)

    def drop(self, name: str, *, wait_seconds: float = 10.0) -> None:
        """Delete the collection, once its readers are done.

        Raises CollectionNotFound, and CollectionBusy where readers take longer than `wait_seconds`
        or another process has it.
        """
        with self._swapping:
            self._refuse_when_closed()
            if self._store.published(name) is None:
                raise self._not_found(name)
            with self._state:
                present = self._open.pop(name, None)
            if present is not None:
                present.retire()
                if not present.wait_closed(wait_seconds):
                    raise CollectionBusy(
                        f"Collection '{name}' is still being read.", hint="Try again."
                    )
            self.beside.drop(name)
            self._store.drop(name)
            with self._state:
                self._failed.pop(name, None)

    def close(self, *, wait_seconds: float = 10.0) -> None:
        """Flush and close every collection, once its readers are done or time is up. Idempotent."""
        with self._swapping:
            self._closed = True
            self.beside.close()
            with self._state:
                present, self._open = self._open, {}
            deadline = time.monotonic() + wait_seconds
            for opened in present.values():
                opened.retire()
            for name, opened in present.items():
                if not opened.wait_closed(max(0.0, deadline - time.monotonic())):
                    log.warning("Collection '%s' is still being read; closing it anyway.", name)
                    opened.close()

    def _take(self, name: str) -> OpenCollection:
        """An open collection with one more reader."""
        for _ in range(3):  # a collection may be swapped between finding and taking it
            with self._state:
                present = self._open.get(name)
                if present is not None and present.take():
                    return present
            self._bring_up(name)
        raise StoreUnavailable(f"Collection '{name}' is being replaced.", hint="Try again.")

    def _bring_up(self, name: str) -> None:
        check_collection_name(name)
        if self._store.published(name) is None:
            raise self._not_found(name)
        self.refresh_one(name)

    def _not_found(self, name: str) -> CollectionNotFound:
        names = self.names()
        return CollectionNotFound(
            f"There is no collection '{name}'.",
            hint=f"Collections: {', '.join(names)}." if names else "There are no collections yet.",
            field="collection",
        )

    def _put(self, name: str, fresh: OpenCollection | None) -> None:
        with self._state:
            self._failed.pop(name, None)
            if fresh is None:
                self._open.pop(name, None)
            else:
                self._open[name] = fresh
        if fresh is not None:
            log.info("Collection '%s' answers from generation %s.", name, fresh.generation_name)

    def _open_names(self) -> list[str]:
        with self._state:
            return [*self._open, *self._failed]

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise StoreUnavailable("Binocle is shutting down.")
