"""From what came over HTTP to items, and from outcomes to results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from app.http.parts import image_bytes
from app.items import Items, changed_item, item_of
from app.search.policy import ANYONE, Viewer
from core.errors import (
    BinocleError,
    EncoderError,
    InvalidItem,
    InvalidRequest,
    StoreError,
    TooLarge,
    error_class,
)
from core.items import ImageSource, Item, check_item_id
from ingestion.rejects import MALFORMED_ROW, Rejection
from qdrant.store import Point

_IMAGES = ("image", "image_url")


def put_item(items: Items, collection: str, item_id: str, record: dict[str, Any]) -> Point:
    """Index one item; its point. Raises what is wrong with it."""
    if record.get("id") not in (None, item_id):
        raise InvalidItem(
            f"The body's id '{record['id']}' is not the path's '{item_id}'.", field="id"
        )
    item = _item(items, collection, item_id, record)
    return _written(items, collection, item)


def change_item(
    items: Items,
    collection: str,
    item_id: str,
    record: dict[str, Any],
    viewer: Viewer = ANYONE,
) -> Point:
    """Change one item; its point. Raises what is wrong with the change, and ItemNotFound."""
    if record.get("id") not in (None, item_id):
        raise InvalidItem("An item's id can't be changed.", field="id")
    fields = _fields(record)
    image = _image(record)
    if image is None:
        return items.change(collection, item_id, fields, viewer)
    present = items.read(collection, item_id, viewer)
    schema = items.schema(collection)
    return _written(items, collection, changed_item(present, fields, image, schema))


def put_items(
    items: Items, collection: str, records: Sequence[Mapping[str, Any]], most: int
) -> list[dict[str, Any]]:
    """Index what can be indexed; one result each, in order. Raises TooLarge for over `most`."""
    _check_count(len(records), most)
    items.schema(collection)  # an unknown collection is not the items' fault
    checked = list(_checked(items, collection, records))
    outcomes = iter(items.write(collection, [it for it in checked if isinstance(it, Item)]))
    return [_result(it if isinstance(it, Rejection) else next(outcomes), it) for it in checked]


def put_lines(
    items: Items, collection: str, lines: Sequence[tuple[int, bytes | None]]
) -> list[dict[str, Any]]:
    """Index the items of lines of JSON; a result for each, in order. A later line of an id wins."""
    parsed = [_parsed(number, text) for number, text in lines]
    results: list[dict[str, Any]] = []
    for part in _distinct(parsed):
        records = [value for _, value in part if isinstance(value, dict)]
        written = iter(put_items(items, collection, records, len(records)) if records else ())
        for number, value in part:
            result = next(written) if isinstance(value, dict) else _result(value, value)
            results.append({"line": number, **result})
    return results


def change_items(
    items: Items,
    collection: str,
    records: Sequence[Mapping[str, Any]],
    most: int,
    viewer: Viewer = ANYONE,
) -> list[dict[str, Any]]:
    """Change what can be changed; one result each, in order. Raises TooLarge for over `most`."""
    _check_count(len(records), most)
    items.schema(collection)
    said: list[BinocleError | None] = []
    waiting: list[tuple[str, Mapping[str, Any]]] = []  # fields alone: written together

    def write() -> None:
        said.extend(items.change_many(collection, waiting, viewer) if waiting else ())
        waiting.clear()

    for record in records:
        try:
            named = _named(record)
            fields, alone = _fields(record), _image(record) is None
            if alone:
                waiting.append((named, fields))
                continue
            write()
            change_item(items, collection, named, dict(record), viewer)
            said.append(None)
        except (StoreError, EncoderError):
            raise
        except BinocleError as error:
            write()
            said.append(error)
    write()
    return [_changed(record, error) for record, error in zip(records, said, strict=True)]


def _named(record: Mapping[str, Any]) -> str:
    named = record.get("id")
    if not isinstance(named, str):
        raise InvalidItem("An item needs an id, a string.", field="id")
    return named


def _changed(record: Mapping[str, Any], error: BinocleError | None) -> dict[str, Any]:
    named = record.get("id") if isinstance(record.get("id"), str) else None
    if error is None:
        return {"id": named, "status": "changed"}
    rejection = Rejection.of(error, id=named)
    return _result(rejection, rejection)


def delete_items(
    items: Items, collection: str, ids: Sequence[str], most: int, viewer: Viewer = ANYONE
) -> tuple[int, list[str]]:
    """How many were deleted, and the ids that were not there. Raises TooLarge for over `most`."""
    _check_count(len(ids), most)
    items.schema(collection)
    distinct = list(dict.fromkeys(ids))
    gone = items.delete_many(collection, distinct, viewer) if distinct else set()
    return len(gone), [each for each in distinct if each not in gone]


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise TooLarge(
            f"The batch has {count:,} items; {most:,} are allowed.",
            hint="Send it in parts, or items as a stream of lines (application/x-ndjson).",
            field="items",
        )


_Parsed: TypeAlias = tuple[int, dict[str, Any] | Rejection]


def _parsed(number: int, text: bytes | None) -> _Parsed:
    if text is None:
        return number, Rejection("The line is too long.", MALFORMED_ROW, number)
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return number, Rejection(f"The line is not JSON: {error}.", MALFORMED_ROW, number)
    if isinstance(value, dict):
        return number, value
    return number, Rejection("The line is no JSON object.", MALFORMED_ROW, number)


def _distinct(parsed: Sequence[_Parsed]) -> Iterator[list[_Parsed]]:
    """Parts in order, in none of which an id comes twice."""
    part: list[_Parsed] = []
    seen: set[object] = set()
    for number, value in parsed:
        named = value.get("id") if isinstance(value, dict) else None
        if isinstance(named, str) and named in seen:
            yield part
            part, seen = [], set()
        if isinstance(named, str):
            seen.add(named)
        part.append((number, value))
    yield part


def _checked(
    items: Items, collection: str, records: Sequence[Mapping[str, Any]]
) -> Iterator[Item | Rejection]:
    for record in records:
        given = record.get("id")
        named = given if isinstance(given, str) else None
        try:
            if named is None:
                raise InvalidItem("An item needs an id, a string.", field="id")
            item = _item(items, collection, named, dict(record))
        except BinocleError as error:
            yield Rejection.of(error, id=named)
            continue
        yield item


def _result(outcome: object, about: Item | Rejection) -> dict[str, Any]:
    if not isinstance(outcome, Rejection):
        return {"id": about.id, "status": "indexed"}
    return {
        "id": about.id,
        "status": "rejected",
        "field": outcome.field,
        "reason": outcome.reason,
    }


def _written(items: Items, collection: str, item: Item) -> Point:
    (outcome,) = items.write(collection, [item])
    if isinstance(outcome, Rejection):
        raise _error_of(outcome)
    return items.read_any(collection, item.id)


def _error_of(rejection: Rejection) -> BinocleError:
    """The error that became this rejection, as one of its kind."""
    kind = error_class(rejection.kind)
    return (InvalidItem if kind is BinocleError else kind)(rejection.reason, field=rejection.field)


def _item(items: Items, collection: str, item_id: str, record: dict[str, Any]) -> Item:
    check_item_id(item_id)
    image = _image(record)
    if image is None:
        raise InvalidItem("An item needs an image.", hint="Give image or image_url.", field="image")
    return item_of(item_id, _fields(record), image, items.schema(collection))


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("id", *_IMAGES)}


def _image(record: Mapping[str, Any]) -> ImageSource | None:
    given = {name: record[name] for name in _IMAGES if record.get(name) is not None}
    for name, value in given.items():
        if not isinstance(value, str):
            raise InvalidRequest(f"'{name}' is no string.", field=name)
    if len(given) > 1:
        raise InvalidItem("An item has either image or image_url.", field="image")
    if "image" in given:
        return ImageSource(data=image_bytes(given["image"], "image"))
    return ImageSource(url=given["image_url"]) if given else None
