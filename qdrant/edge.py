"""Collections on the embedded engine, in a folder.

ROOT/NAME/current.json              the pointer: which generation is published
          lock                      held for the moment of changing the pointer
          generations/g000001/...   see qdrant.generation_folder
"""

from __future__ import annotations

import shutil
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from core.errors import CollectionNotFound, InvalidName, StoreUnavailable
from core.items import check_collection_name
from qdrant.collection_folder import CollectionFolder
from qdrant.edge_config import shard_config
from qdrant.edge_generation import EdgeGeneration
from qdrant.generation_folder import GenerationFolder
from qdrant.graph import SEGMENT_POINTS
from qdrant.open_shard import OpenShard
from qdrant.ownership import Ownership
from qdrant.pointer import collection_not_found
from qdrant.shard import Shard, seam
from qdrant.store import CollectionConfig, CollectionInfo


class EdgeStore:
    """A VectorStore in the folder `root`. Safe to use from several threads.

    Handles on one generation share its shard; the last one to be closed closes it. Generations that
    another process has open can be listed and described, not opened.

    Args:
        root: where the collections are; made when the first one is created.
        role: what this process does, told to processes that find a collection in use.
        segment_points: points of a segment of new generations, at most.
        seals: whether a segment that is full is indexed before more is written, so that a load's
            memory does not grow with its length. That freezes the interpreter for half a minute or
            so: not for a process that answers searches.
    """

    def __init__(
        self,
        root: Path,
        *,
        role: str = "binocle",
        segment_points: int = SEGMENT_POINTS,
        seals: bool = True,
    ) -> None:
        self._root = root
        self._role = role
        self._segment_points = segment_points
        self._seals = seals
        self._lock = threading.RLock()
        self._open: dict[Path, tuple[OpenShard, Ownership]] = {}

    @seam
    def collections(self) -> list[str]:
        if not self._root.is_dir():
            return []
        return sorted(path.name for path in self._root.iterdir() if self.published(path.name))

    @seam
    def info(self, collection: str) -> CollectionInfo:
        home = self._home(collection)
        pointer = home.pointer()
        folder = home.published()
        count, indexed, as_of = self._counts(collection, folder)
        generations = tuple(home.generations())
        return CollectionInfo(
            name=collection,
            generation=folder.name,
            config=folder.read_config(),
            count=count,
            indexed_vectors=indexed,
            bytes_on_disk=folder.bytes_on_disk(),
            index_bytes=folder.index_bytes(),
            generations=generations,
            previous=tuple(name for name in pointer.previous if name in generations),
            as_of=as_of,
        )

    @seam
    def create(
        self, collection: str, config: CollectionConfig, *, building: bool = False
    ) -> EdgeGeneration:
        check_collection_name(collection)
        folder = self._home(collection).new_generation()
        ownership = Ownership(folder.path, collection, self._role)
        ownership.acquire()
        try:
            folder.check_space(0)
            shard = Shard(folder.shard, shard_config(config, self._segment_points))
            opened = OpenShard(shard, folder, config)
            if not building:
                opened.index_fields()
            shard.flush()
            folder.write_config(config)
        except BaseException:
            ownership.release()
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        with self._lock:
            opened.note_facts()
            self._open[folder.path] = (opened, ownership)
            return self._handle(collection, opened)

    @seam
    def open(self, collection: str, generation: str | None = None) -> EdgeGeneration:
        home = self._home(collection)
        folder = home.published() if generation is None else home.generation(generation)
        with self._lock:
            if folder.path not in self._open:
                self._open[folder.path] = self._load(collection, folder)
            if generation is None:  # of a build that was cut off and published all the same
                self._open[folder.path][0].index_fields()
            return self._handle(collection, self._open[folder.path][0])

    @seam
    def published(self, collection: str) -> str | None:
        try:
            return self._home(collection).pointer().published
        except CollectionNotFound:
            return None

    @seam
    def unpublished(self, collection: str) -> list[str]:
        try:
            home = self._home(collection)
        except CollectionNotFound:
            return []
        known = home.pointer().known
        return [name for name in home.generations() if name not in known]

    @seam
    def publish(self, collection: str, generation: str) -> None:
        home = self._home(collection)
        folder = home.generation(generation)
        with self._lock:
            if folder.path in self._open:
                self._open[folder.path][0].flush()
        home.move_pointer(lambda pointer: pointer.publish(folder.name))

    @seam
    def rollback(self, collection: str) -> str:
        home = self._home(collection)
        home.published()
        there = set(home.generations())
        pointer = home.move_pointer(
            lambda old: old.forget(set(old.previous) - there).rollback(collection)
        )
        return str(pointer.published)

    @seam
    def prune(self, collection: str, *, keep: int = 1) -> list[str]:
        home = self._home(collection)
        if not home.folders():
            raise collection_not_found(collection)
        kept = home.move_pointer(lambda pointer: pointer).kept(keep)  # notes the highest number
        dropped = []
        for folder in home.folders():
            ownership = Ownership(folder.path, collection, self._role)
            if folder.name in kept or not ownership.try_acquire():
                continue
            _remove(folder)
            ownership.release()
            dropped.append(folder.name)
        home.move_pointer(lambda pointer: pointer.forget(dropped))
        return dropped

    @seam
    def drop(self, collection: str) -> None:
        home = self._home(collection)
        folders = home.folders()
        if not folders:
            raise collection_not_found(collection)
        with self._lock, ExitStack() as owned:
            for folder in folders:
                self._close(folder.path)
            for folder in folders:  # all or nothing: one in use keeps the collection
                ownership = Ownership(folder.path, collection, self._role)
                ownership.acquire()
                owned.callback(ownership.release)
            (home.path / "current.json").unlink(missing_ok=True)
            for folder in folders:
                _remove(folder)
            shutil.rmtree(home.path, ignore_errors=True)

    def close(self) -> None:
        with self._lock:
            for path in list(self._open):
                self._close(path)

    def _home(self, collection: str) -> CollectionFolder:
        try:
            check_collection_name(collection)
        except InvalidName:  # such as "..": no path may be made of it
            raise collection_not_found(collection) from None
        return CollectionFolder(self._root / collection)

    def _handle(self, collection: str, opened: OpenShard) -> EdgeGeneration:
        opened.handles += 1
        full = self._segment_points if self._seals else None
        return EdgeGeneration(collection, opened, self._release, full)

    def _load(self, collection: str, folder: GenerationFolder) -> tuple[OpenShard, Ownership]:
        config = folder.read_config()
        ownership = Ownership(folder.path, collection, self._role)
        ownership.acquire()
        try:
            folder.check_space(0, opening=True)
            opened = OpenShard(Shard(folder.shard), folder, config)
            opened.note_facts()
        except BaseException:
            ownership.release()
            raise
        return opened, ownership

    def _release(self, opened: OpenShard) -> None:
        with self._lock:
            opened.handles -= 1
            if opened.handles == 0:
                self._close(opened.folder.path)

    def _close(self, path: Path) -> None:
        """Close the shard under all its handles, if it is open."""
        opened, ownership = self._open.pop(path, (None, None))
        if opened is None or ownership is None:
            return
        try:
            opened.close()
        finally:
            ownership.release()

    def _counts(self, collection: str, folder: GenerationFolder) -> tuple[int, int, str | None]:
        """Points, those in the graph, and when that was where it can't be known now."""
        with self._lock:
            if folder.path in self._open:
                opened = self._open[folder.path][0]
                return *opened.sizes(), None
        facts = folder.read_facts()
        if facts is not None and facts.closed:
            return facts.count, facts.graphed, None
        probe = Ownership(folder.path, collection, self._role)
        if probe.try_acquire():
            probe.release()  # nobody has it, and its last owner did not close it
            with closing(self.open(collection, folder.name)):
                return self._counts(collection, folder)
        if facts is None:
            raise StoreUnavailable(
                f"Collection '{collection}' is in use by {probe.owner() or 'another process'}, "
                "which has not told its size yet.",
                hint="Try again.",
            )
        return facts.count, facts.graphed, facts.as_of


def _remove(folder: GenerationFolder) -> None:
    (folder.path / "config.json").unlink(missing_ok=True)  # from here on there is no generation
    shutil.rmtree(folder.path)
