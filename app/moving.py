"""Whole collections on the move: from store to store, into backups and out of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.places import Place
from app.settings import Settings
from core.disk import disk_errors
from core.errors import CollectionExists, NotFound, SourceError
from qdrant.backup import Backup, Manifest
from qdrant.copying import Copied, Progress, copy_points
from qdrant.store import CollectionConfig, Generation, VectorStore

_ROLE = "copy"
_THUMBNAILS = "thumbnails.tar"


@dataclass(frozen=True)
class Moved:
    """What came of a copy or a restoration."""

    generation: str
    count: int
    copied: Copied | None = None


def copy_collection(
    settings: Settings,
    source: Place,
    target: Place,
    *,
    replace: bool = False,
    on_progress: Progress | None = None,
) -> Moved:
    """Copy the published generation of `source` into a new one of `target`, and publish it.

    A copy that is cut off goes on when it is run again. Raises CollectionExists where `target` is
    there and is not to be replaced, CollectionNotFound, CollectionBusy and StoreError.
    """
    with (
        closing(source.open(settings, role=_ROLE)) as one,
        _second(settings, source, target, one) as two,
        closing(one.open(source.name)) as old,
    ):
        _refuse_present(two, target.name, replace)
        note = target.directories.root / "loads" / f"{target.name}.copy.json"
        identity = f"{source.store} {source.directories.root} {source.name} {old.name}"
        with closing(_resumed(two, target.name, note, identity, old.config)) as new:
            copied = copy_points(old, new, on_progress)
            new.compact()
            count = new.count()
            _copy_thumbnails(source, target)
        two.publish(target.name, new.name)
        note.unlink(missing_ok=True)
        return Moved(new.name, count, copied)


def snapshot_collection(
    settings: Settings, source: Place, address: str, *, on_progress: Progress | None = None
) -> Manifest:
    """Write the published generation and its thumbnails to a backup.

    Raises SourceError where the address can't be written to or holds a backup already.
    """
    backup = Backup(address)
    with (
        closing(source.open(settings, role="snapshot")) as store,
        closing(store.open(source.name)) as generation,
    ):
        if backup.exists():  # before thumbnails are written over those of another
            raise SourceError(
                f"There is a backup at {address} already.", hint="Give another address."
            )
        _archive_thumbnails(source, backup)
        return backup.write(generation, on_progress)


def restore_collection(
    settings: Settings,
    address: str,
    target: Place,
    *,
    replace: bool = False,
    on_progress: Progress | None = None,
) -> Moved:
    """Build a generation from a backup, compare the counts, and publish it.

    Raises SourceError for a backup that is damaged, CollectionExists, and StoreError.
    """
    backup = Backup(address)
    manifest = backup.manifest()
    with closing(target.open(settings, role="restore")) as store:
        _refuse_present(store, target.name, replace)
        with closing(store.create(target.name, manifest.config)) as generation:
            done = 0
            for points in backup.points(manifest):
                generation.upsert(points)
                done += len(points)
                if on_progress:
                    on_progress(done, manifest.count)
            count = generation.count()
            if count != manifest.count:
                raise SourceError(f"{manifest.count:,} items were saved, {count:,} came back.")
            generation.compact()
            _unpack_thumbnails(backup, target)
        store.publish(target.name, generation.name)
        return Moved(generation.name, count)


@contextmanager
def _second(
    settings: Settings, source: Place, target: Place, first: VectorStore
) -> Iterator[VectorStore]:
    """The target's store: the very same where it is the source's, which has it open."""
    if (source.store, source.directories) == (target.store, target.directories):
        yield first
        return
    with closing(target.open(settings, role=_ROLE)) as store:
        yield store


def _refuse_present(store: VectorStore, name: str, replace: bool) -> None:
    if not replace and store.published(name) is not None:
        raise CollectionExists(
            f"There is a collection '{name}' already.",
            hint="Give another name, or add --replace: the present one can be rolled back to.",
            field="collection",
        )


def _resumed(
    store: VectorStore, name: str, note: Path, identity: str, config: CollectionConfig
) -> Generation:
    """The generation that an earlier run of this copy left, or a new one, noted."""
    known = _read(note)
    unpublished = store.unpublished(name)
    if known.get("source") == identity and known.get("generation") in unpublished:
        try:
            left: Generation | None = store.open(name, str(known["generation"]))
        except NotFound:  # pruned since it was listed
            left = None
        if left is not None and left.config == config:
            return left
        if left is not None:
            left.close()
    generation = store.create(name, config)
    with disk_errors():
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"source": identity, "generation": generation.name}))
    return generation


def _read(note: Path) -> dict[str, str]:
    try:
        return dict(json.loads(note.read_text()))
    except (OSError, ValueError):
        return {}


def _copy_thumbnails(source: Place, target: Place) -> None:
    same = (source.shared, source.directories, source.name)
    if same != (target.shared, target.directories, target.name):
        source.thumbnails.copy_to(target.thumbnails)


def _archive_thumbnails(source: Place, backup: Backup) -> None:
    with backup.open_extra(_THUMBNAILS, "wb") as stream:
        source.thumbnails.archive(stream)


def _unpack_thumbnails(backup: Backup, target: Place) -> None:
    if backup.has(_THUMBNAILS):
        with backup.open_extra(_THUMBNAILS, "rb") as stream:
            target.thumbnails.unpack(stream)
