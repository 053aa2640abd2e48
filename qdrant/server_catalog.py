"""What is on a server: collections, their generations and the pointers between them. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from qdrant_client.http import models

from core.errors import BinocleError, StoreUnavailable
from qdrant.pointer import (
    Pointer,
    collection_not_found,
    generation_not_found,
    generation_number,
)
from qdrant.server_errors import Missing
from qdrant.server_link import Link
from qdrant.server_metadata import History, generation_collection, read_history, split_name


@dataclass(frozen=True)
class Home:
    """What the server holds of one collection.

    Attributes:
        metadata: of each generation by its name, oldest first.
        published: where the alias points; None where there is no alias.
        history: the pointer as of the last publication, whether its alias is still there or not.
        serial: the highest number of a pointer, of those too that never came to be.
    """

    name: str
    metadata: Mapping[str, Mapping[str, Any]]
    published: str | None
    history: History
    serial: int

    @property
    def pointer(self) -> Pointer:
        return replace(self.history.pointer, published=self.published)

    @property
    def generations(self) -> list[str]:
        return list(self.metadata)

    @property
    def highest(self) -> int:
        """The highest number that a generation was ever given."""
        there = (generation_number(name) or 0 for name in self.metadata)
        return max([self.history.pointer.last, *there])

    def there(self, generation: str) -> str:
        """The server's name of one of the generations."""
        return generation_collection(self.name, generation)

    def check(self, generation: str) -> None:
        """Raise GenerationNotFound unless the generation is there."""
        if generation not in self.metadata:
            raise generation_not_found(self.name, generation, self.generations)

    def lost_alias(self, url: str) -> BinocleError:
        """The error for a collection that has no alias: never published, or lost it."""
        latest = self.history.pointer.published
        if latest is None:
            return collection_not_found(self.name)
        return StoreUnavailable(
            f"The server at {url} has lost the alias '{self.name}', which pointed at generation "
            f"{latest}.",
            hint=f"`binocle collections publish {self.name} {latest}` sets it again.",
        )


class ServerCatalog:
    """Looks at what is on the server of `link`; keeps nothing, so that all processes agree."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def aliases(self) -> dict[str, str]:
        """Published generations by collection, without aliases that are not ours."""
        answer = self._link.read(lambda client, _: client.get_aliases())
        found = {}
        for alias in answer.aliases:
            parts = split_name(alias.collection_name)
            if parts is not None and parts[0] == alias.alias_name:
                found[alias.alias_name] = parts[1]
        return found

    def names(self) -> list[str]:
        """Collections with a generation, published or not, sorted."""
        answer = self._link.read(lambda client, _: client.get_collections())
        parts = [split_name(each.name) for each in answer.collections]
        return sorted({part[0] for part in parts if part is not None})

    def generations(self, collection: str) -> list[str]:
        """Generations of a collection, oldest first; none where there is no such collection."""
        answer = self._link.read(lambda client, _: client.get_collections())
        parts = [split_name(each.name) for each in answer.collections]
        return sorted(part[1] for part in parts if part is not None and part[0] == collection)

    def describe(self, there: str) -> models.CollectionInfo:
        """What the server says of a collection of its own. Raises Missing."""
        return self._link.read(lambda client, _: client.get_collection(there))

    def home(self, collection: str) -> Home:
        """Raises CollectionNotFound where the server has no generation of it."""
        metadata: dict[str, Mapping[str, Any]] = {}
        for name in self.generations(collection):
            try:
                there = generation_collection(collection, name)
                metadata[name] = self.describe(there).config.metadata or {}
            except Missing:  # pruned since it was listed
                continue
        if not metadata:
            raise collection_not_found(collection)
        published = self.aliases().get(collection)
        if published is not None and published not in metadata:  # published since it was listed
            return self.home(collection)
        read = {
            name: read_history(each, generation_collection(collection, name))
            for name, each in metadata.items()
        }
        notes = {name: note for name, note in read.items() if note is not None}
        serial = max((note.serial for note in notes.values()), default=0)
        # Without an alias only what was once confirmed says that there has been one.
        confirmed = [note for note in notes.values() if note.confirmed]
        none = History(Pointer(), 0, confirmed=False)
        latest = max(confirmed, key=lambda note: note.serial, default=none)
        return Home(collection, metadata, published, notes.get(published or "", latest), serial)

    def next_number(self, collection: str) -> int:
        """A number that no generation of the collection ever had."""
        return self.home(collection).highest + 1 if self.generations(collection) else 1
