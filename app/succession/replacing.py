"""A generation that was built from a source of its own takes the place of one that people wrote to
meanwhile: what they wrote is newer than the source, and is brought over as far as it fits."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from app.running import running_service
from app.succession.remote import RemoteGeneration
from app.wiring import Wiring
from core.errors import CollectionBusy
from ingestion.ledger import Ledger
from qdrant.store import CollectionConfig, Generation, Point

_AT_ONCE = 200
_STRAGGLERS_S = 1.0
"""Writes on a server that began before the switch are done by then."""


@dataclass(frozen=True)
class Meanwhile:
    """Items that were written or deleted while a generation was built.

    Attributes:
        brought: they are as they were written.
        left: they could not be brought over, as the vectors are of another encoder or kind.
    """

    brought: int = 0
    left: int = 0


def publish_instead(
    wiring: Wiring, collection: str, generation: str, *, base: str, since: int
) -> Meanwhile:
    """Publish `generation` in the place of `base`, by the service that owns it if there is one.

    Args:
        base: what answered when the building began.
        since: number of the last change of `base` before that.

    Raises StoreError, and what hinders the service from answering from it; then all is as it was.
    """
    try:
        old = wiring.store.open(collection)
    except CollectionBusy:
        service = running_service(wiring.directories.root)
        if service is None:  # nobody that could be asked what was written
            wiring.store.publish(collection, generation)
            return Meanwhile()
        with closing(RemoteGeneration(service, collection)) as remote:
            return Meanwhile(**remote.give_way(generation, since if remote.name == base else None))
    with closing(old):
        if old.name != base:  # somebody published another meanwhile: its changes are not known
            wiring.store.publish(collection, generation)
            return Meanwhile()
        return _published(wiring, old, generation, since)


def _published(wiring: Wiring, old: Generation, generation: str, since: int) -> Meanwhile:
    """Publish in the place of `old`, which is open here; others may write to both meanwhile."""
    ledger = wiring.ledgers.of(old.collection, generation)
    mark = ledger.latest()
    wiring.store.publish(old.collection, generation)
    if old.shared:
        time.sleep(_STRAGGLERS_S)
    newer = {each for _, each in ledger.changed_since(mark)}
    journal = wiring.ledgers.of(old.collection, old.name)
    changed = [each for _, each in journal.changed_since(since) if each not in newer]
    if not changed:
        return Meanwhile()
    with closing(wiring.store.open(old.collection, generation)) as new:
        return bring_fitting(old, new, changed, ledger)


def bring_fitting(
    old: Generation, new: Generation, ids: Iterable[str], ledger: Ledger
) -> Meanwhile:
    """Make `new`, whose ledger is given, hold these items as `old` does, with its own fields."""
    brought = left = 0
    waiting = iter(ids)
    while part := list(islice(waiting, _AT_ONCE)):
        points = old.retrieve(part, with_vectors=True)
        there = {point.id for point in points}
        gone = [each for each in part if each not in there]
        if gone:
            ledger.drop(gone)
            new.delete(gone)
            brought += len(gone)
        if not _alike(old.config, new.config):
            left += len(points)
        elif points:
            ledger.drop([point.id for point in points])
            new.upsert([_fitting(point, old.config, new.config) for point in points])
            brought += len(points)
    return Meanwhile(brought, left)


def _alike(old: CollectionConfig, new: CollectionConfig) -> bool:
    """Whether the vectors of one mean the same in the other."""
    return (
        old.fingerprint == new.fingerprint
        and dict(old.vectors) == dict(new.vectors)
        and set(old.sparse) == set(new.sparse)
    )


def _fitting(point: Point, old: CollectionConfig, new: CollectionConfig) -> Point:
    """Without the fields that are not declared any more, or of another type now."""
    lost = {name for name, _ in old.schema.attributes.items() - new.schema.attributes.items()}
    return replace(point, payload={k: v for k, v in point.payload.items() if k not in lost})
