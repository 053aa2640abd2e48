"""A vector store in memory that compares every point: the fake for tests and the oracle.

It promises the same as every VectorStore, written for reading and not for speed: a query costs
O(N D), a filter O(N). Nothing outlives the process.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.items import check_collection_name
from qdrant.exact_generation import Content, ExactGeneration
from qdrant.pointer import (
    Pointer,
    collection_not_found,
    generation_name,
    generation_not_found,
)
from qdrant.store import CollectionConfig, CollectionInfo


@dataclass
class _Collection:
    generations: dict[str, Content] = field(default_factory=dict)
    pointer: Pointer = field(default_factory=Pointer)


class ExactStore:
    """Collections in memory; see qdrant.store.VectorStore."""

    def __init__(self) -> None:
        self._collections: dict[str, _Collection] = {}

    def collections(self) -> list[str]:
        return sorted(name for name in self._collections if self.published(name))

    def info(self, collection: str) -> CollectionInfo:
        home = self._home(collection)
        name = self._published(collection)
        content = home.generations[name]
        return CollectionInfo(
            name=collection,
            generation=name,
            config=content.config,
            count=len(content.points),
            indexed_vectors=0,
            bytes_on_disk=0,
            generations=tuple(home.generations),
            previous=home.pointer.previous,
        )

    def create(
        self,
        collection: str,
        config: CollectionConfig,
        *,
        building: bool = False,  # noqa: ARG002 - the protocol's
    ) -> ExactGeneration:
        check_collection_name(collection)
        home = self._collections.setdefault(collection, _Collection())
        number = home.pointer.last + 1
        home.pointer = replace(home.pointer, last=number)
        content = home.generations[generation_name(number)] = Content(config)
        return ExactGeneration(collection, generation_name(number), content)

    def open(self, collection: str, generation: str | None = None) -> ExactGeneration:
        name = self._published(collection) if generation is None else generation
        return ExactGeneration(collection, name, self._content(collection, name))

    def published(self, collection: str) -> str | None:
        home = self._collections.get(collection)
        return None if home is None else home.pointer.published

    def unpublished(self, collection: str) -> list[str]:
        home = self._collections.get(collection, _Collection())
        return [name for name in home.generations if name not in home.pointer.known]

    def publish(self, collection: str, generation: str) -> None:
        self._content(collection, generation)
        home = self._home(collection)
        home.pointer = home.pointer.publish(generation)

    def rollback(self, collection: str) -> str:
        self._published(collection)
        home = self._home(collection)
        home.pointer = home.pointer.rollback(collection)
        return self._published(collection)

    def prune(self, collection: str, *, keep: int = 1) -> list[str]:
        home = self._home(collection)
        kept = home.pointer.kept(keep)
        dropped = [
            name
            for name, content in home.generations.items()
            if name not in kept and not content.handles
        ]
        for name in dropped:
            del home.generations[name]
        home.pointer = home.pointer.forget(dropped)
        return dropped

    def drop(self, collection: str) -> None:
        home = self._home(collection)
        for content in home.generations.values():
            content.close_all()
        del self._collections[collection]

    def close(self) -> None:
        for home in self._collections.values():
            for content in home.generations.values():
                content.close_all()

    def _home(self, collection: str) -> _Collection:
        home = self._collections.get(collection)
        if home is None or not home.generations:
            raise collection_not_found(collection)
        return home

    def _published(self, collection: str) -> str:
        name = self._home(collection).pointer.published
        if name is None:
            raise collection_not_found(collection)
        return name

    def _content(self, collection: str, generation: str) -> Content:
        generations = self._home(collection).generations
        if generation not in generations:
            raise generation_not_found(collection, generation, generations)
        return generations[generation]
