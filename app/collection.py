"""One open collection: its generation, its readers, and what can be remembered between writes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import numpy as np

from app.search.policy import ANYONE, Viewer
from app.writer import Note, Writer
from core.fields import Schema
from core.filters import Filter, both
from qdrant.store import JOINT, CollectionConfig, Generation, VectorQuery

T = TypeVar("T")

_REMEMBERED = 256
_FRESH_S = 1.0
"""How long a count holds in a store that others write to as well."""
_WARM_UPS = 30


def warm_up(generation: Generation) -> None:
    """Ask a few random questions, so that the first people do not wait for pages from the disk."""
    dim = generation.config.vectors[JOINT]
    vectors = np.random.default_rng(0).standard_normal((_WARM_UPS, dim)).astype(np.float32)
    for vector in vectors / np.linalg.norm(vectors, axis=1, keepdims=True):
        generation.query(VectorQuery(vector, limit=10))


class OpenCollection:
    """A generation that is open, with the number of its readers.

    Where this process is the only one that writes to the generation, what was counted stays right
    until the next `writing`; where others do too, it is counted again after a second.

    Args:
        note: told what is about to be written; see `app.writer`.
    """

    def __init__(self, generation: Generation, note: Note | None = None) -> None:
        self._generation = generation
        self._note = note
        self._superseded = False
        self._readers = 0
        self._retired = False
        self._done = threading.Event()
        self._state = threading.Lock()
        self._write = threading.Lock()
        self._version = 0
        self._memory: OrderedDict[Hashable, tuple[int, float, object]] = OrderedDict()
        self._fresh_s = _FRESH_S if generation.shared else float("inf")

    @property
    def generation(self) -> Generation:
        """For reading; to write, take it from `writing`."""
        return self._generation

    @property
    def name(self) -> str:
        return self._generation.collection

    @property
    def generation_name(self) -> str:
        return self._generation.name

    @property
    def config(self) -> CollectionConfig:
        return self._generation.config

    @property
    def schema(self) -> Schema:
        return self._generation.config.schema

    @property
    def superseded(self) -> bool:
        """Whether another generation has taken over. Certain only within `writing`."""
        return self._superseded

    def supersede(self) -> None:
        """Another generation takes over: to be called within `writing`."""
        self._superseded = True

    @property
    def version(self) -> int:
        """A number that changes with every write through `writing`."""
        return self._version

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """What writes to the generation, one at a time; what was remembered is forgotten."""
        with self._write:
            self._forget()
            try:
                yield Writer(self._generation, self._note)
            finally:
                self._forget()

    def visible(self, filter: Filter | None, viewer: Viewer = ANYONE) -> Filter | None:
        """`filter`, limited to what the viewer may see: as it is where there is surely no more."""
        shown = self.remember(
            ("shown", viewer),
            lambda: [
                rule.shown for rule in viewer.rules(self.schema) if self._may_have(rule.hidden)
            ],
        )
        return both(filter, *shown)

    def count(self, filter: Filter | None = None, viewer: Viewer = ANYONE) -> int:
        """Items to be seen that match `filter`: exact, and counted once between writes."""
        wanted = self.visible(filter, viewer)
        return self.remember(("count", wanted), lambda: self._generation.count(wanted))

    def facet(
        self, field: str, filter: Filter | None, limit: int, viewer: Viewer = ANYONE
    ) -> list[tuple[object, int]]:
        """Values of `field` among items to be seen that match `filter`, most frequent first."""
        wanted = self.visible(filter, viewer)
        found = self.remember(
            ("facet", field, limit, wanted),
            lambda: self._generation.facet(field, filter=wanted, limit=limit),
        )
        return cast("list[tuple[object, int]]", found)

    def remember(self, key: Hashable, find: Callable[[], T]) -> T:
        """What `find` answers, asked once between writes; at least each second of a shared one."""
        now = time.monotonic()
        with self._state:
            version = self._version
            known = self._memory.get(key)
            if known is not None and known[0] == version and now - known[1] < self._fresh_s:
                self._memory.move_to_end(key)
                return cast("T", known[2])
        found = find()
        with self._state:
            self._memory[key] = (version, now, found)
            self._memory.move_to_end(key)
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)
        return found

    def take(self) -> bool:
        """Count one more reader; False where the collection is retired."""
        with self._state:
            if self._retired:
                return False
            self._readers += 1
            return True

    def give_back(self) -> None:
        """A reader is done; the last one of a retired collection closes it."""
        with self._state:
            self._readers -= 1
            last = self._retired and self._readers == 0
        if last:
            self.close()

    def retire(self) -> None:
        """Take no more readers, and close when the last is done."""
        with self._state:
            self._retired = True
            idle = self._readers == 0
        if idle:
            self.close()

    def wait_closed(self, seconds: float) -> bool:
        """Whether it is closed within `seconds`."""
        return self._done.wait(seconds)

    def close(self) -> None:
        """Flush and close at once."""
        self._generation.close()
        self._done.set()

    def _may_have(self, hidden: Filter) -> bool:
        if self._generation.shared:  # another process may be writing one just now
            return True
        return self.remember(("any", hidden), lambda: self._generation.count(hidden)) > 0

    def _forget(self) -> None:
        with self._state:
            self._version += 1
