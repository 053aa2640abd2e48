"""Single items, while the service runs: read, write, change, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from app.collection import OpenCollection
from app.search.policy import ANYONE, Viewer
from app.wiring import Wiring
from app.writer import Writer
from core.errors import BinocleError, InvalidItem, ItemNotFound, StoreUnavailable
from core.fields import BUILTIN_FIELDS, FieldType, Schema, coerce, parse_datetime
from core.items import ImageSource, Item, Visibility
from ingestion.indexing import Indexer, Outcome, with_words
from ingestion.payload import ITEM, JUDGED
from qdrant.store import TEXT, Point

_OWN = (
    "title",
    "description",
    "tags",
    "owner_id",
    "uploaded_at",
    "visibility",
    "product_id",
    "safety",
)
"""Built-in fields that a caller may set; the others come from the image and the path."""
_TRIES = 3


class _Overtaken(Exception):
    """The vectors at hand are not those of the generation that answers now."""


_SAID = ("title", "description", "tags", "product_id")
"""Those whose words items are found by."""


@dataclass(frozen=True)
class Items:
    """The items of the open collections."""

    wiring: Wiring

    def read(self, collection: str, item_id: str, viewer: Viewer = ANYONE) -> Point:
        """The point of an item that the viewer may see. Raises ItemNotFound."""
        with self.wiring.catalog.lease(collection) as opened:
            return _visible_point(opened, item_id, viewer)

    def read_any(self, collection: str, item_id: str) -> Point:
        """The point of an item, private ones too: for who has just written it."""
        with self.wiring.catalog.lease(collection) as opened:
            for point in opened.generation.retrieve([item_id]):
                return point
        raise ItemNotFound(f"There is no item '{item_id}' in '{collection}'.", field="id")

    def schema(self, collection: str) -> Schema:
        """The fields that the collection declares."""
        with self.wiring.catalog.lease(collection) as opened:
            return opened.schema

    def thumbnail(
        self, collection: str, item_id: str, viewer: Viewer = ANYONE
    ) -> tuple[str, bytes]:
        """Address and WebP bytes of a thumbnail that the viewer may see. Raises NotFound."""
        point = self.read(collection, item_id, viewer)
        address = str(point.payload.get("_thumbnail", ""))
        return address, self.wiring.thumbnails(collection).read(address)

    def write(self, collection: str, items: Sequence[Item]) -> list[Outcome]:
        """Index items: searchable when it returns. One outcome each, in order."""
        for _ in range(_TRIES):
            try:
                return self._write(collection, items)
            except _Overtaken:  # a generation of another encoder took over meanwhile
                continue
        raise StoreUnavailable(f"Collection '{collection}' is being replaced.", hint="Try again.")

    def _write(self, collection: str, items: Sequence[Item]) -> list[Outcome]:
        with self.wiring.catalog.lease(collection, latest=True) as opened:
            encoder = self.wiring.encoder_of(collection, opened.config)

            def put(points: Sequence[Point]) -> None:  # others write while these are encoded
                with self.wiring.catalog.writing(collection) as (present, writer):
                    if present.config.fingerprint != encoder.fingerprint:
                        raise _Overtaken
                    writer.upsert(points)

            indexer = Indexer(
                opened.generation,
                encoder,
                self.wiring.new_thumbnails(collection),
                self.wiring.limits(),
                put,
                derive=self.wiring.derive(),
                duplicates=self.wiring.duplicates(collection),
                keep=self.wiring.originals(collection).add,
            )
            with closing(indexer):
                return indexer.index(items)

    def change(
        self,
        collection: str,
        item_id: str,
        changes: Mapping[str, Any],
        viewer: Viewer = ANYONE,
    ) -> Point:
        """Set the fields given and remove those given as null; the image stays.

        Raises ItemNotFound and InvalidItem.
        """
        with self.wiring.catalog.writing(collection) as (opened, writer):
            present = _visible_point(opened, item_id, viewer)
            kept = _changed(present.payload, changes, opened.schema)
            if _rewords(opened, changes):
                _reword(opened, writer, {item_id: kept})
            else:
                writer.set_payload(item_id, kept)
            return Point(item_id, {}, kept)

    def change_many(
        self,
        collection: str,
        changes: Sequence[tuple[str, Mapping[str, Any]]],
        viewer: Viewer = ANYONE,
    ) -> list[BinocleError | None]:
        """As `change` of each, by its id and in order, in a few writes for all: what was wrong with
        each of them, None where nothing was."""
        said: list[BinocleError | None] = []
        with self.wiring.catalog.writing(collection) as (opened, writer):
            found = opened.generation.retrieve(list(dict.fromkeys(each for each, _ in changes)))
            there = {point.id: dict(point.payload) for point in found}
            plain, reworded = dict[str, Any](), dict[str, Any]()
            for item_id, change in changes:
                try:
                    if item_id not in there or not viewer.may_see(there[item_id], opened.schema):
                        raise _not_found(opened, item_id)
                    there[item_id] = _changed(there[item_id], change, opened.schema)
                except BinocleError as error:
                    said.append(error)
                    continue
                said.append(None)
                words = item_id in reworded or _rewords(opened, change)
                (reworded if words else plain)[item_id] = there[item_id]
            plain = {each: payload for each, payload in plain.items() if each not in reworded}
            if plain:
                writer.set_payloads(plain)
            if reworded:
                _reword(opened, writer, reworded)
        return said

    def delete(self, collection: str, item_id: str, viewer: Viewer = ANYONE) -> None:
        """Delete an item that the viewer may see. Raises ItemNotFound."""
        if not self.delete_many(collection, [item_id], viewer):
            with self.wiring.catalog.lease(collection) as opened:
                raise _not_found(opened, item_id)

    def delete_many(self, collection: str, ids: Sequence[str], viewer: Viewer = ANYONE) -> set[str]:
        """Delete the items that the viewer may see; their ids."""
        with self.wiring.catalog.writing(collection) as (opened, writer):
            points = opened.generation.retrieve(list(dict.fromkeys(ids)))
            seen = [each.id for each in points if viewer.may_see(each.payload, opened.schema)]
            if seen:
                writer.delete(seen)
        duplicates = self.wiring.duplicates(collection)
        if duplicates is not None and seen:
            duplicates.remove(seen)
        return set(seen)


def _changed(
    present: Mapping[str, Any], changes: Mapping[str, Any], schema: Schema
) -> dict[str, Any]:
    """The payload with the fields given, and without those given as null. Raises InvalidItem."""
    payload = dict(present)
    payload.pop(ITEM, None)  # it is not as its source had it any more
    if "safety" in changes:
        payload.pop(JUDGED, None)  # said by a person now
    payload.update(checked_fields(changes, schema))
    return {name: value for name, value in payload.items() if value not in (None, "", [])}


def _rewords(opened: OpenCollection, changes: Mapping[str, Any]) -> bool:
    """Whether words that items are found by are among the changes."""
    return TEXT in opened.config.sparse and any(name in changes for name in _SAID)


def _reword(
    opened: OpenCollection, writer: Writer, payloads: Mapping[str, Mapping[str, Any]]
) -> None:
    stored = opened.generation.retrieve(list(payloads), with_vectors=True)
    writer.upsert(
        [with_words(replace(each, payload=payloads[each.id]), opened.config) for each in stored]
    )


def checked_fields(record: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The fields of `record` as they are stored; None for those to be absent.

    Raises InvalidItem for a field that can't be set or whose value does not fit.
    """
    answer = {}
    for name, value in record.items():
        kind = schema.attributes.get(name) or (BUILTIN_FIELDS[name] if name in _OWN else None)
        if kind is None:
            settable = sorted([*_OWN, *schema.attributes])
            raise InvalidItem(
                f"An item of this collection has no field '{name}' to set.",
                hint=f"Fields: {', '.join(settable)}.",
                field=name,
            )
        answer[name] = _checked(name, value, kind)
        if name == "safety" and name not in schema.attributes:
            _check_safety(answer[name])
    return answer


def item_of(item_id: str, record: Mapping[str, Any], image: ImageSource, schema: Schema) -> Item:
    """The item that `record` describes: its fields without id and image.

    Raises InvalidName and InvalidItem.
    """
    fields = {k: v for k, v in checked_fields(record, schema).items() if v is not None}
    moment = fields.pop("uploaded_at", None)
    tags = fields.pop("tags", [])
    own = [name for name in ("product_id", "safety") if name not in schema.attributes]
    return Item(
        id=item_id,
        image=image,
        **{name: fields.pop(name) for name in own if name in fields},
        title=fields.pop("title", ""),
        description=fields.pop("description", ""),
        tags=tuple(tags),
        owner_id=fields.pop("owner_id", None),
        uploaded_at=parse_datetime(moment) if moment else None,
        visibility=Visibility(fields.pop("visibility", Visibility.PUBLIC)),
        attributes=fields,
    )


def changed_item(
    point: Point, changes: Mapping[str, Any], image: ImageSource, schema: Schema
) -> Item:
    """The item of `point` with `changes` and another image. Raises InvalidItem."""
    settable = {*_OWN, *schema.attributes}
    record = {name: value for name, value in point.payload.items() if name in settable}
    if JUDGED in point.payload:
        record.pop("safety", None)  # it was of the image before
    return item_of(point.id, {**record, **changes}, image, schema)


def _checked(name: str, value: Any, kind: FieldType) -> Any:
    if name == "tags" and isinstance(value, str):
        value = [value]
    if name in _OWN and name != "tags" and isinstance(value, list | dict):
        raise InvalidItem(f"'{name}' takes one value.", field=name)
    stored = coerce(name, value, kind)
    if name == "visibility" and stored not in (None, *Visibility):
        raise InvalidItem(f"visibility is {stored!r}.", hint="Use public or private.", field=name)
    return Visibility.PUBLIC.value if name == "visibility" and stored is None else stored


def _check_safety(value: float | None) -> None:
    if value is not None and not 0 <= value <= 1:
        raise InvalidItem(f"safety is {value:g}; it lies from 0 to 1.", field="safety")


def _visible_point(opened: OpenCollection, item_id: str, viewer: Viewer) -> Point:
    for point in opened.generation.retrieve([item_id]):
        if viewer.may_see(point.payload, opened.schema):
            return point
    raise _not_found(opened, item_id)


def _not_found(opened: OpenCollection, item_id: str) -> ItemNotFound:
    return ItemNotFound(f"There is no item '{item_id}' in '{opened.name}'.", field="id")
