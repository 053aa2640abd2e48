"""Builds the next generation of a collection while a service answers from the present one."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from app.succession.growing import grown_to
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring
from core.errors import CollectionNotFound, GenerationNotFound
from ingestion.ledger import Ledger
from qdrant.checks import point_uuid
from qdrant.store import Generation

T = TypeVar("T")
_CLOSE = 50
"""So few changes left are brought over by the service itself, while writers wait."""
_ROUNDS = 10


@dataclass(frozen=True)
class Started:
    """What a generation is built from, so that a cut-off building goes on.

    Attributes:
        since: number of the last change before the building began.
        copied: whether the base's points are all there.
    """

    generation: str
    base: str
    since: int
    copied: bool = False


@dataclass(frozen=True)
class Built(Generic[T]):
    """What came of the work, and where it is."""

    answer: T
    generation: str
    count: int
    published: bool


def build_beside(
    wiring: Wiring,
    base: RemoteGeneration,
    work: Callable[[Generation, Ledger], T],
    *,
    whole: Callable[[T], bool],
    on_indexing: Callable[[int], None] | None = None,
    purpose: str = "beside",
) -> Built[T]:
    """Copy `base` aside, do `work` there, index it, and have the service take it over.

    What is written to the service meanwhile is brought over. A building that is cut off, or whose
    work is not `whole`, goes on when it is run again for the same `purpose`.

    Raises StoreUnavailable, GenerationChanged and what `work` raises; then the service goes on
    answering from `base`.
    """
    note = _Note(wiring.directories.loads / f"{base.collection}.{purpose}.json")
    generation, started = _begun(wiring, base, note)
    with closing(generation):
        ledger = wiring.ledgers.of(base.collection, generation.name)
        if not started.copied:
            _copy(base, generation)
            ledger.take_over(base.name)
            note.write(Started(generation.name, base.name, started.since, copied=True))
        answer = work(generation, ledger)
        if not whole(answer):
            return Built(answer, generation.name, generation.count(), published=False)
        if on_indexing is not None:
            on_indexing(generation.count())
        generation.compact()
        since = _keep_in_step(wiring, base, generation, ledger, started.since)
        count = generation.count()
        name = generation.name
    base.take_over(name, since=since, replay=True)
    note.forget()
    wiring.store.prune(base.collection, keep=1)
    return Built(answer, name, count, published=True)


@dataclass(frozen=True)
class _Note:
    path: Path

    def read(self) -> Started | None:
        try:
            return Started(**json.loads(self.path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, started: Started) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(vars(started)))
        temporary.replace(self.path)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


def _begun(wiring: Wiring, base: RemoteGeneration, note: _Note) -> tuple[Generation, Started]:
    """The generation that a cut-off building left, or a new one."""
    started = note.read()
    if started is not None and started.base == base.name:
        try:
            found = wiring.store.open(base.collection, started.generation)
        except (CollectionNotFound, GenerationNotFound):
            pass
        else:
            if grown_to(found, base.config):
                return found, started
            found.close()
    generation = wiring.store.create(base.collection, base.config, building=True)
    started = Started(generation.name, base.name, base.change)
    note.write(started)
    return generation, started


def _copy(base: RemoteGeneration, generation: Generation) -> None:
    """Page by page, from where an earlier run came to: all engines list ids in one order."""
    last = None
    for each in generation.ids():
        last = each
    after = None if last is None else str(point_uuid(last))
    for page in base.pages(vectors=True, after=after):
        if page:
            generation.upsert(page)


def _keep_in_step(
    wiring: Wiring,
    base: RemoteGeneration,
    generation: Generation,
    ledger: Ledger,
    since: int,
) -> int:
    """Bring over what was written to the base, until little is left; the last change there."""
    journal = wiring.ledgers.of(base.collection, base.name)
    for _ in range(_ROUNDS):
        changed = journal.changed_between(since, base.written_up_to())
        if not changed:
            break
        ids = [each for _, each in changed]
        points = base.retrieve(ids, with_vectors=True)
        there = {point.id for point in points}
        ledger.drop(ids)
        generation.delete([each for each in ids if each not in there])
        if points:
            generation.upsert(points)
        since = changed[-1][0]
        if len(changed) <= _CLOSE:
            break
    return since
