"""Collections on a Qdrant server or cluster.

shop--g000001, shop--g000002    a collection of the server for each generation of 'shop'
shop                            an alias: the published one of them

What else is to be known of a generation is in the metadata of its collection; see
qdrant.server_metadata.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qdrant_client.http import models

from core.errors import BinocleError, InvalidName, StoreError, StoreUnavailable
from core.items import check_collection_name
from qdrant.pointer import (
    Pointer,
    generation_name,
)
from qdrant.server_catalog import Home, ServerCatalog
from qdrant.server_config import creation
from qdrant.server_errors import Taken, Transient
from qdrant.server_generation import ServerGeneration
from qdrant.server_indexing import graphed, index_fields
from qdrant.server_link import Link
from qdrant.server_metadata import (
    History,
    config_note,
    generation_collection,
    history_note,
    is_leased,
    lease_note,
    no_lease_note,
    read_config,
    split_name,
)
from qdrant.server_options import Layout
from qdrant.server_tuning import facts, tune
from qdrant.store import CollectionConfig, CollectionInfo, Quantization

log = logging.getLogger(__name__)


class ServerStore:
    """A VectorStore on a server. Safe to use from several threads, and by several processes.

    Nobody owns a generation: any process may read and write it. A load that is under way keeps its
    unpublished generation from being pruned, by a note that it renews.

    Args:
        link: the connection; the store closes it.
        layout: how new generations are kept.
        role: what this process does, noted where it loads.
    """

    def __init__(self, link: Link, layout: Layout | None = None, *, role: str = "binocle") -> None:
        self._link = link
        self._there = ServerCatalog(link)
        self._layout = layout or Layout()
        self._role = role
        self._lock = threading.RLock()
        self._handles: dict[str, list[ServerGeneration]] = {}
        self._closed = False

    def collections(self) -> list[str]:
        return sorted(self._there.aliases())

    def everything(self) -> list[str]:
        """Names of all collections, those too that never were published."""
        return self._there.names()

    def info(self, collection: str) -> CollectionInfo:
        home = self._there.home(collection)
        if home.published is None:
            raise home.lost_alias(self._link.url)
        there = home.there(home.published)
        info = self._there.describe(there)
        counted = self._link.read(lambda client, s: client.count(there, exact=True, timeout=s))
        config = read_config(info.config.metadata, there)
        return CollectionInfo(
            name=collection,
            generation=home.published,
            config=config,
            count=counted.count,
            indexed_vectors=min(graphed(self._link, there, config, info), counted.count),
            bytes_on_disk=None,  # of the server, which does not tell
            generations=tuple(home.generations),
            previous=tuple(name for name in home.pointer.previous if name in home.metadata),
            engine=facts(self._link.connection, info),
        )

    def create(
        self,
        collection: str,
        config: CollectionConfig,
        *,
        building: bool = False,  # noqa: ARG002 - the protocol's
    ) -> ServerGeneration:
        check_collection_name(collection)
        if split_name(collection) is not None:
            raise InvalidName(
                f"'{collection}' can't name a collection on a server: it ends like a generation.",
                field="collection",
            )
        arguments = creation(config, self._layout)
        metadata = {**config_note(config), **lease_note(self._role)}
        number = self._there.next_number(collection)
        while True:
            name = generation_name(number)
            there = generation_collection(collection, name)
            try:
                self._link.write_once(
                    lambda client, seconds, there=there: client.create_collection(  # type: ignore[misc]
                        there, metadata=metadata, timeout=seconds, **arguments
                    )
                )
            except Taken:  # another process was faster
                number += 1
            else:
                break
        try:
            index_fields(self._link, there, config.schema.fields)
        except BinocleError:
            self._remove(there)
            raise
        return self._handle(collection, name, config, leased=self._role)

    def open(self, collection: str, generation: str | None = None) -> ServerGeneration:
        home = self._there.home(collection)
        name = home.published if generation is None else generation
        if name is None:
            raise home.lost_alias(self._link.url)
        home.check(name)
        config = read_config(home.metadata[name], home.there(name))
        leased = None if name in home.pointer.known else self._role
        opened = self._handle(collection, name, config, leased=leased)
        if leased is not None:
            self._note(home.there(name), lease_note(leased))
        return opened

    def published(self, collection: str) -> str | None:
        """Raises StoreUnavailable where the alias is missing though a generation was published."""
        name = self._there.aliases().get(collection)
        if name is None and self._there.generations(collection):
            home = self._there.home(collection)
            if home.published is None and home.history.serial:
                raise home.lost_alias(self._link.url)
            return home.published
        return name

    def unpublished(self, collection: str) -> list[str]:
        if not self._there.generations(collection):
            return []
        home = self._there.home(collection)
        return [name for name in home.generations if name not in home.pointer.known]

    def publish(self, collection: str, generation: str) -> None:
        with self._lock:
            home = self._there.home(collection)
            home.check(generation)
            self._switch(home, home.pointer.publish(generation))

    def rollback(self, collection: str) -> str:
        with self._lock:
            home = self._there.home(collection)
            if home.published is None:
                raise home.lost_alias(self._link.url)
            gone = set(home.pointer.previous) - set(home.metadata)
            pointer = home.pointer.forget(gone).rollback(collection)
            self._switch(home, pointer)
            return str(pointer.published)

    def prune(self, collection: str, *, keep: int = 1) -> list[str]:
        home = self._there.home(collection)
        kept = home.pointer.kept(keep)
        dropped = [name for name in home.generations if name not in kept and self._idle(home, name)]
        # Noted before it is done: a rollback never leads to a generation that is gone.
        if home.published is not None:
            pointer = replace(home.pointer.forget(dropped), last=home.highest)
            history = History(pointer, home.history.serial, confirmed=True)
            self._note(home.there(home.published), history_note(history))
        for name in dropped:
            self._remove(home.there(name))
        return dropped

    def drop(self, collection: str) -> None:
        home = self._there.home(collection)
        with self._lock:
            for name in home.generations:
                for handle in list(self._handles.get(home.there(name), ())):
                    handle.close()
        # The published one last: cut off half-way, the collection still answers.
        for name in sorted(home.generations, key=lambda name: name == home.published):
            self._remove(home.there(name))

    def tune(
        self, collection: str, layout: Layout, quantization: Quantization | None = None
    ) -> None:
        """Change in place how the published generation is kept; the server rebuilds what it must.

        Raises SettingsError for the number of shards, which is fixed.
        """
        tune(self._link, self._there.home(collection), layout, quantization)

    def close(self) -> None:
        with self._lock:
            for handles in list(self._handles.values()):
                for handle in list(handles):
                    handle.close()
            self._closed = True
        self._link.close()

    def _switch(self, home: Home, pointer: Pointer) -> None:
        """Note the pointer at the generation it points at, then point the alias there."""
        generation = str(pointer.published)
        if generation == home.published:
            return
        there = home.there(generation)
        noted = replace(pointer, last=home.highest)
        history = History(noted, home.serial + 1, confirmed=False)
        self._note(there, {**history_note(history), **no_lease_note()})
        gone = models.DeleteAlias(alias_name=home.name)
        alias = models.CreateAlias(collection_name=there, alias_name=home.name)
        actions: list[
            models.AliasOperations
        ] = [  # of one request: applied together, so that no reader finds neither
            models.DeleteAliasOperation(delete_alias=gone),
            models.CreateAliasOperation(create_alias=alias),
        ]
        try:
            self._link.write_once(
                lambda client, seconds: client.update_collection_aliases(actions, timeout=seconds)
            )
        except Transient:  # no answer, which says nothing of whether it was done
            if self._there.aliases().get(home.name) != generation:
                raise
        try:
            self._note(there, history_note(replace(history, confirmed=True)))
        except StoreError as error:  # it is published all the same
            log.info("The publication of %s could not be noted as done: %s", there, error)

    def _handle(
        self, collection: str, name: str, config: CollectionConfig, *, leased: str | None
    ) -> ServerGeneration:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The connection to the Qdrant server was closed.")
            opened = ServerGeneration(
                self._link, collection, name, config, release=self._released, leased=leased
            )
            self._handles.setdefault(generation_collection(collection, name), []).append(opened)
            return opened

    def _released(self, handle: ServerGeneration) -> None:
        there = generation_collection(handle.collection, handle.name)
        with self._lock:
            others = self._handles.get(there, [])
            if handle in others:
                others.remove(handle)
            last = handle.leased and not any(each.leased for each in others)
        if last:
            try:
                self._note(there, no_lease_note())
            except StoreError as error:
                log.info("The load of %s could not be noted as over: %s", there, error)

    def _idle(self, home: Home, name: str) -> bool:
        """Whether nobody loads the generation, and nobody here reads it."""
        if self._handles.get(home.there(name)):
            return False
        return name in home.pointer.known or not is_leased(home.metadata[name])

    def _note(self, there: str, note: Mapping[str, Any]) -> None:
        self._link.write(
            lambda client, seconds: client.update_collection(
                there, metadata=dict(note), timeout=seconds
            )
        )

    def _remove(self, there: str) -> None:
        """Delete a collection of the server, with the alias that points at it."""
        self._link.write(lambda client, seconds: client.delete_collection(there, timeout=seconds))
