"""Indexing a few items at once, each with its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.errors import BinocleError, EncoderError, EncoderMismatch, InvalidItem, StoreError
from core.items import Item
from encoders.encoder import Encoder
from encoders.lexical import document
from ingestion.derive import NOTHING, Derive
from ingestion.duplicates import DuplicateIndex, with_groups
from ingestion.fetch import Fetcher
from ingestion.judging import with_safety
from ingestion.limits import Limits
from ingestion.payload import attributes_of, payload_of
from ingestion.preparing import Keep, Prepared, Preparer, encode
from ingestion.rejects import DUPLICATE_ID, Rejection
from ingestion.target import Target
from ingestion.thumbnails import ThumbnailStore
from qdrant.store import COLOR, JOINT, TEXT, CollectionConfig, Generation, Point


@dataclass(frozen=True)
class Indexed:
    """The item is in the collection, searchable."""

    id: str


_BATCH = 32
"""Items whose images are in memory at once."""
_AT_ONCE = 8
"""Images read, fetched or decoded side by side."""

Outcome: TypeAlias = Indexed | Rejection


def check_encoder(generation: Target, encoder: Encoder) -> None:
    """Raises EncoderMismatch unless the generation was built with this very encoder."""
    config = generation.config
    if config.fingerprint != encoder.fingerprint:
        raise EncoderMismatch(
            f"The collection '{generation.collection}' was built with the encoder "
            f"'{config.encoder}' ({config.fingerprint}), not with '{encoder.name}' "
            f"({encoder.fingerprint}).",
            hint="Use that encoder, or load into a new collection.",
        )


def point_of(generation: Target, prepared: Prepared, vector: NDArray[np.float32] | None) -> Point:
    """What is stored of the item. Raises InvalidItem as `payload_of`, and for a missing vector."""
    item = prepared.item
    if vector is None:
        raise InvalidItem("The encoder can't encode this image.", field="image")
    payload = payload_of(item, generation.config.schema, prepared.facts)
    vectors = {JOINT: vector}
    if COLOR in generation.config.vectors and prepared.derived.appearance is not None:
        vectors[COLOR] = prepared.derived.appearance
    return with_words(Point(item.id, vectors, payload), generation.config)


_WORDS = ("title", "description", "tags", "product_id")


def has_new_words(payload: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether what `with_words` reads of a payload differs from what it was."""
    return any(payload.get(name) != before.get(name) for name in _WORDS)


def with_words(point: Point, config: CollectionConfig) -> Point:
    """The point with the words of its payload, where the collection has words."""
    if TEXT not in config.sparse:
        return point
    said = point.payload
    tags = said.get("tags") or ()
    words = document(
        str(said.get("title", "")),
        str(said.get("description", "")),
        [tags] if isinstance(tags, str) else [str(tag) for tag in tags],
        codes=[point.id, str(said.get("product_id", ""))],
    )
    return replace(point, sparse={**point.sparse, TEXT: words})


def to_derive(config: CollectionConfig, wanted: Derive) -> Derive:
    """What to learn of images: what is wanted, and what the collection can't do without."""
    return replace(wanted, appearance=COLOR in config.vectors)


class Indexer:
    """Indexes items into one generation. Safe to call from several threads; close it at the end.

    Args:
        write: takes the points of up to 32 items; the generation's own `upsert` unless given.
        derive: what to learn of each image.
        duplicates: groups near-duplicates; None groups none.
        keep: is given the images that no file holds.

    Raises EncoderMismatch when the generation was built with another encoder.
    """

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder,
        thumbnails: ThumbnailStore | None,
        limits: Limits | None = None,
        write: Callable[[Sequence[Point]], None] | None = None,
        *,
        derive: Derive = NOTHING,
        duplicates: DuplicateIndex | None = None,
        keep: Keep | None = None,
    ) -> None:
        check_encoder(generation, encoder)
        self._generation = generation
        self._write = write or generation.upsert
        self._encoder = encoder
        self._limits = limits or Limits()
        self._fetcher = Fetcher(self._limits.fetch)
        self._duplicates = duplicates
        self._judge = derive.safety
        learnt = to_derive(generation.config, derive)
        self._preparer = Preparer(encoder, thumbnails, self._limits, self._fetcher, learnt, keep)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="indexing")

    def close(self) -> None:
        """Lets go of threads and connections. Idempotent."""
        self._threads.shutdown()
        self._fetcher.close()

    def index(self, items: Sequence[Item]) -> list[Outcome]:
        """The outcome of each item, in order; one bad item leaves the others alone.

        Of several items with one id the first counts. A rejection's `row` is the item's place,
        from 1. Raises EncoderError and StoreError when the encoder or the store fails as a whole;
        then items before may be in already.
        """
        first: dict[str, int] = {}
        for place, item in enumerate(items):
            first.setdefault(item.id, place)
        outcomes: list[Outcome] = []
        for start in range(0, len(items), _BATCH):
            places = range(start, min(start + _BATCH, len(items)))
            outcomes += self._batch([(place, items[place], first) for place in places])
        return outcomes

    def _batch(self, entries: Sequence[tuple[int, Item, Mapping[str, int]]]) -> list[Outcome]:
        prepared = list(self._threads.map(lambda entry: self._prepared(*entry), entries))
        vectors = iter(
            encode(self._encoder, [one.input for one in prepared if isinstance(one, Prepared)])
        )
        outcomes: list[Outcome] = []
        points: list[Point] = []
        for (place, item, _), one in zip(entries, prepared, strict=True):
            if isinstance(one, Rejection):
                outcomes.append(one)
                continue
            try:
                points.append(point_of(self._generation, one, next(vectors)))
                outcomes.append(Indexed(item.id))
            except InvalidItem as error:
                outcomes.append(Rejection.of(error, row=place + 1, id=item.id))
        likenesses = {
            one.item.id: one.derived.likeness for one in prepared if isinstance(one, Prepared)
        }
        schema = self._generation.config.schema
        judged = with_safety(points, self._judge, self._encoder, schema)
        self._write(with_groups(judged, likenesses, self._duplicates, schema))
        return outcomes

    def _prepared(self, place: int, item: Item, first: Mapping[str, int]) -> Prepared | Rejection:
        if first[item.id] != place:
            reason = f"The id is that of item {first[item.id] + 1}, too; that one counts."
            return Rejection(reason, DUPLICATE_ID, place + 1, item.id, "id")
        try:
            attributes_of(item, self._generation.config.schema)
            return self._preparer.prepare(item, self._preparer.read(item.image))
        except (EncoderError, StoreError):
            raise
        except BinocleError as error:
            return Rejection.of(error, row=place + 1, id=item.id)
