"""Generations that are open beside the published ones: what experiments compare these with."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from app.collection import OpenCollection, warm_up
from core.errors import BinocleError, GenerationNotFound
from qdrant.store import CollectionConfig, Generation, VectorStore

log = logging.getLogger(__name__)

Key = tuple[str, str]
"""A collection's and a generation's name."""


class Beside:
    """Safe for several threads. They are read only: nobody writes to them here.

    Args:
        store, wrap, ready: as of `app.catalog.Catalog`.
    """

    def __init__(
        self,
        store: VectorStore,
        wrap: Callable[[Generation], Generation],
        ready: Callable[[str, CollectionConfig], None],
    ) -> None:
        self._store = store
        self._wrap = wrap
        self._ready = ready
        self._open: dict[Key, OpenCollection] = {}
        self._state = threading.Lock()
        self._changing = threading.Lock()

    def keep(self, wanted: Collection[Key]) -> Mapping[Key, BinocleError]:
        """Open those of `wanted` that are not, and close all others once their readers are done;
        those that can't be opened, with the reason."""
        failed: dict[Key, BinocleError] = {}
        with self._changing:
            self._close(set(self._open) - set(wanted))
            for key in wanted:
                if key not in self._open:
                    try:
                        opened = self._opened(*key)
                    except BinocleError as error:
                        failed[key] = error
                        continue
                    with self._state:
                        self._open[key] = opened
                    log.info("Generation %s of '%s' is open beside the published one.", *key[::-1])
        return failed

    @contextmanager
    def lease(self, collection: str, generation: str) -> Iterator[OpenCollection]:
        """The generation, which stays open until the block ends. Raises GenerationNotFound where
        it is not kept open."""
        with self._state:
            opened = self._open.get((collection, generation))
            taken = opened is not None and opened.take()
        if opened is None or not taken:
            raise GenerationNotFound(
                f"Generation {generation} of '{collection}' is not open.", field="generation"
            )
        try:
            yield opened
        finally:
            opened.give_back()

    def drop(self, collection: str) -> None:
        """Close what is open of a collection that is about to be deleted."""
        with self._changing:
            self._close({key for key in self._open if key[0] == collection})

    def close(self) -> None:
        """Close all, once their readers are done. Idempotent."""
        with self._changing:
            self._close(set(self._open))

    def _opened(self, collection: str, name: str) -> OpenCollection:
        generation = self._store.open(collection, name)
        try:
            self._ready(collection, generation.config)
            warm_up(generation)
        except BaseException:
            generation.close()
            raise
        return OpenCollection(self._wrap(generation))

    def _close(self, keys: Collection[Key]) -> None:
        for key in keys:
            with self._state:
                gone = self._open.pop(key)
            gone.retire()
