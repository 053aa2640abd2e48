"""Builds the parts from the settings and hands them to each other. The only reader of settings."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.catalog import Catalog
from app.encoder_shelf import EncoderShelf
from app.keys.ring import KeyRing
from app.keys.watch import KeyWatch
from app.reembedding.originals import Originals
from app.search.pictures import small_picture, stored_picture
from app.search.pipeline import Searcher
from app.search.rerank.rankings import Rankings
from app.search.rerank.shelf import StageShelf
from app.settings import Settings
from app.stores import open_store
from app.telemetry import MeasuredGeneration, Telemetry, measured
from database.address import address_of
from database.engine import Database
from encoders.bundle import Threads
from encoders.encoder import Encoder
from encoders.remote.link import Remote
from encoders.specs import load_encoder
from ingestion.derive import Derive
from ingestion.duplicates import DuplicateIndex
from ingestion.fetch import fetch_image
from ingestion.ledgers import Ledgers
from ingestion.limits import FetchLimits, Limits
from ingestion.thumbnails import ThumbnailStore
from qdrant.store import CollectionConfig, VectorStore

_SERVING = ("serve", "demo")
"""Roles of processes that answer searches."""


@dataclass(frozen=True)
class Directories:
    """Where things lie in the data directory."""

    root: Path

    @property
    def collections(self) -> Path:
        return self.root / "collections"

    @property
    def thumbnails(self) -> Path:
        return self.root / "thumbnails"

    @property
    def rankings(self) -> Path:
        return self.root / "rankings"

    @property
    def rejects(self) -> Path:
        return self.root / "rejects"

    @property
    def ledgers(self) -> Path:
        return self.root / "ledgers"

    @property
    def query_images(self) -> Path:
        return self.root / "query-images"

    @property
    def loads(self) -> Path:
        return self.root / "loads"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def drift(self) -> Path:
        return self.root / "drift"


def thumbnails_of(shared: str | None, directories: Directories, collection: str) -> ThumbnailStore:
    """A collection's thumbnails: at the address that replicas share, or in the data directory."""
    if shared is None:
        return ThumbnailStore(directories.thumbnails / collection)
    return ThumbnailStore(f"{shared.rstrip('/')}/{collection}")


@dataclass
class Wiring:
    """The parts of one process, built on first use where that takes long. Close it at the end."""

    settings: Settings
    store: VectorStore
    directories: Directories
    telemetry: Telemetry
    catalog: Catalog
    database: Database
    watch: KeyWatch
    ledgers: Ledgers
    encoders: EncoderShelf
    shelf: StageShelf = field(default_factory=StageShelf)
    creating: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.shelf.picture = lambda name, payload: small_picture(self.thumbnails(name), payload)

    def encoder(self) -> Encoder:
        """The encoder of the settings, which makes new collections. Raises EncoderError."""
        return self.encoders.own()

    def encoder_of(self, collection: str, config: CollectionConfig) -> Encoder:
        """The encoder of a collection's vectors. Raises EncoderError and EncoderMismatch."""
        return self.encoders.of(collection, config)

    def check_encoder(self) -> None:
        """See whether an encoder that runs elsewhere is there. Raises EncoderError."""
        self.encoders.check()

    def loaded_encoder(self) -> Encoder | None:
        """The settings' encoder if it is loaded: never waits."""
        return self.encoders.loaded()

    def searcher(self) -> Searcher:
        """Answers searches in any collection."""
        return Searcher(
            catalog=self.catalog,
            encoder=self.encoder_of,
            fetch=lambda url: fetch_image(url, self.limits().fetch),
            max_pixels=self.settings.images.max_pixels,
            max_limit=self.settings.http.max_limit,
            rankings=self.rankings,
            shelf=self.shelf,
            picture=lambda name, payload: stored_picture(self.thumbnails(name), payload),
        )

    @property
    def rankings(self) -> Rankings:
        """How collections rank."""
        return Rankings(self.directories.rankings)

    def keys(self) -> KeyRing:
        """The API keys."""
        return KeyRing(self.database)

    def thumbnails(self, collection: str) -> ThumbnailStore:
        """The thumbnails of a collection's items."""
        return thumbnails_of(self.settings.thumbnails, self.directories, collection)

    def originals(self, collection: str) -> Originals:
        """The images that are sent while the collection is re-embedded."""
        return Originals(self.directories.loads / f"{collection}.originals")

    def derive(self) -> Derive:
        """What to learn of images."""
        wanted = self.settings.derive
        return Derive(wanted.colors, wanted.duplicates, wanted.appearance, wanted.safety)

    def duplicates(self, collection: str) -> DuplicateIndex | None:
        """The near-duplicates of a collection; None where they are not wanted."""
        return self.ledgers.duplicates(collection) if self.settings.derive.duplicates else None

    def new_thumbnails(self, collection: str) -> ThumbnailStore | None:
        """Where thumbnails of new images go; None where they are not wanted."""
        return self.thumbnails(collection) if self.settings.derive.thumbnails else None

    def limits(self) -> Limits:
        """What ingestion accepts."""
        images, fetch = self.settings.images, self.settings.fetch
        return Limits(
            max_pixels=images.max_pixels,
            max_bytes=images.max_bytes,
            fetch=FetchLimits(
                max_bytes=fetch.max_bytes,
                timeout_s=fetch.timeout_seconds,
                allow_private=fetch.allow_private,
            ),
        )

    def load_limits(self) -> Limits:
        """What a bulk load accepts, which keeps what it fetched."""
        limits, fetch = self.limits(), self.settings.fetch
        kept = replace(
            limits.fetch,
            per_host=fetch.per_host,
            cache=self.directories.root / "cache" / "images.db" if fetch.cache_bytes else None,
            cache_bytes=fetch.cache_bytes,
        )
        return replace(limits, fetch=kept)

    def close(self) -> None:
        """Flush and close the collections and the store. Idempotent."""
        self.catalog.close(wait_seconds=self.settings.http.shutdown_seconds)
        self.store.close()
        self.ledgers.close()
        self.database.close()
        self.encoders.close()


def build(
    settings: Settings,
    *,
    role: str = "binocle",
    encoder: Encoder | None = None,
    one_encoder: bool = False,
) -> Wiring:
    """The parts that `settings` ask for.

    Args:
        role: what this process does, such as 'serve': told to others that find a collection busy.
        encoder: in the place of the settings' one, such as a benchmark's stand-in.
        one_encoder: refuse collections of another encoder than the settings', instead of using
            their own: where a person has named one for this command.
    """
    telemetry = Telemetry()
    directories = Directories(settings.data.expanduser().absolute())
    secret = settings.database
    url = address_of(secret.get_secret_value() if secret is not None else None, directories.root)
    database = Database(url)  # connects to nothing yet
    store = open_store(
        settings.store,
        directories.collections,
        settings.server,
        settings.embedded,
        role=role,
        serving=role in _SERVING,
    )
    ledgers = Ledgers(directories.ledgers, database if secret is not None else None)
    encoders = EncoderShelf(
        settings.encoder,
        lambda spec: load_encoder(spec, threads=_threads(settings), remote=_remote(settings)),
        lambda loaded: measured(loaded, telemetry),
        given=encoder,
        one=one_encoder,
    )
    catalog = Catalog(
        store,
        wrap=lambda opened: MeasuredGeneration(opened, telemetry),
        note=ledgers.touch,
        ready=encoders.make_ready,
    )
    watch = KeyWatch(
        KeyRing(database).all,
        required=settings.require_key,
        every_seconds=settings.http.poll_seconds,
    )
    return Wiring(
        settings, store, directories, telemetry, catalog, database, watch, ledgers, encoders
    )


def _threads(settings: Settings) -> Threads:
    return Threads(image=settings.threads.image_tower, text=settings.threads.text_tower)


def _remote(settings: Settings) -> Remote:
    remote = settings.remote
    return Remote(
        key=remote.key.get_secret_value() if remote.key is not None else None,
        connect_s=remote.connect_seconds,
        read_s=remote.read_seconds,
        total_s=remote.total_seconds,
        connections=remote.connections,
    )
