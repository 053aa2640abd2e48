"""Where a collection is, as people write it: NAME, DIRECTORY/NAME or http://SERVER/NAME."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from app.stores import open_store
from app.wiring import Directories, thumbnails_of
from core.items import check_collection_name
from ingestion.thumbnails import ThumbnailStore
from qdrant.store import VectorStore


@dataclass(frozen=True)
class Place:
    """A collection in a store.

    Attributes:
        store: 'embedded', 'memory' or the URL of a server.
        data: the data directory, for the embedded store and for thumbnails.
        shared: folder or URL of thumbnails that replicas share, instead of the data directory's.
    """

    name: str
    store: str
    data: Path
    shared: str | None = None

    @property
    def directories(self) -> Directories:
        return Directories(self.data.expanduser().absolute())

    @property
    def thumbnails(self) -> ThumbnailStore:
        return thumbnails_of(self.shared, self.directories, self.name)

    def open(self, settings: Settings, *, role: str) -> VectorStore:
        """The store. Settings of a server are those of `settings`, its key included."""
        collections = self.directories.collections
        return open_store(self.store, collections, settings.server, settings.embedded, role=role)


def place_of(text: str, settings: Settings) -> Place:
    """The place that `text` names. Raises InvalidName."""
    parent, _, name = text.rpartition("/")
    check_collection_name(name)
    if not parent:
        return Place(name, settings.store, settings.data, settings.thumbnails)
    if parent.startswith(("http://", "https://")):
        return Place(name, parent, settings.data, settings.thumbnails)
    return Place(name, "embedded", Path(parent))
