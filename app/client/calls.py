"""What can be asked of the service, each as a talk: it yields calls and is sent their answers.

A talk does no input or output of its own, so that `Client` and `AsyncClient` hold the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, Unpack
from urllib.parse import quote
from uuid import uuid4

from app.client import problems
from app.client.answers import (
    BatchAnswer,
    Collection,
    CollectionInfo,
    CollectionsAnswer,
    Item,
    ItemsAnswer,
    Outcome,
    Page,
    RefusedEvent,
    Suggested,
    Told,
    Uploaded,
)
from app.client.query import Options, Query, Search, image_text
from core.errors import BinocleError

T = TypeVar("T")

_BATCH = 100
_EVENTS = 500
_BATCH_BYTES = 4_000_000
"""Of a batch's images and texts; the service takes 20 MB unless it is set otherwise."""


@dataclass(frozen=True)
class Call:
    """One request. repeatable: doing it twice is as doing it once, and answered the same."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    params: Mapping[str, str | int] | None = None
    repeatable: bool = True


Talk: TypeAlias = Generator[Call, Any, T]
"""Yields calls, is sent the JSON of their answers, returns what comes of them."""


def search(collection: str, query: Query | None = None, **options: Unpack[Options]) -> Talk[Page]:
    """One page of a search; without a query, of all that passes the filter.

    Raises what the service says: InvalidQuery, InvalidFilter, CollectionNotFound, ItemNotFound ...
    """
    body = Search(query, **options).as_json()
    return Page.model_validate((yield Call("POST", f"{_path(collection)}/search", body)))


def batch(collection: str, searches: Sequence[Search | str]) -> Talk[list[Page | BinocleError]]:
    """For each search its page, or what is wrong with it."""
    asked = [each if isinstance(each, Search) else Search(each) for each in searches]
    body = {"searches": [each.as_json() for each in asked]}
    call = Call("POST", f"{_path(collection)}/search/batch", body)
    answer = BatchAnswer.model_validate((yield call))
    return [
        each.answer or problems.told("It failed.", each.problem or {}) for each in answer.results
    ]


def suggest(collection: str, text: str, limit: int = 8) -> Talk[Suggested]:
    """What a text that is being typed may be the beginning of."""
    params: dict[str, str | int] = {"q": text, "limit": limit}
    return Suggested.model_validate(
        (yield Call("GET", f"{_path(collection)}/suggest", params=params))
    )


def similar(
    collection: str,
    id: str,
    *,
    filter: Mapping[str, Any] | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> Talk[Page]:
    """The items most like one that is indexed, itself left out."""
    params: dict[str, str | int] = {"limit": limit}
    if filter is not None:
        params["filter"] = json.dumps(filter)
    if cursor is not None:
        params["cursor"] = cursor
    return Page.model_validate(
        (yield Call("GET", f"{_item(collection, id)}/similar", params=params))
    )


def events(told: Iterable[Mapping[str, Any]]) -> Talk[Told]:
    """Tell what people did with answers: each with `query_id`, `item` and `action`, and whatever
    else POST /v1/events takes; in calls of 500.

    Each gets a `key` where it has none, so that one that had to be sent again counts once. Raises
    Conflict where events are not taken, and TooMany where a flood of them is.
    """
    accepted, refused, sent = 0, list[RefusedEvent](), 0
    for part in _some(told):
        call = Call("POST", "/v1/events", {"events": part})
        answer = Told.model_validate((yield call))
        accepted += answer.accepted
        refused += [
            RefusedEvent(index=sent + each.index, problem=each.problem) for each in answer.refused
        ]
        sent += len(part)
    return Told(accepted=accepted, refused=refused)


def get(collection: str, id: str) -> Talk[Item]:
    """An item. Raises ItemNotFound."""
    return Item.model_validate((yield Call("GET", _item(collection, id))))


def put(collection: str, id: str, item: Mapping[str, Any]) -> Talk[Item]:
    """Index an item, or replace it; it can be found when this returns.

    Args:
        item: its fields, and its `image` (path or bytes) or `image_url`.
    """
    return Item.model_validate((yield Call("PUT", _item(collection, id), _sent(item))))


def patch(collection: str, id: str, changes: Mapping[str, Any]) -> Talk[Item]:
    """Change fields of an item, or its image; fields given as None are removed."""
    call = Call("PATCH", _item(collection, id), _sent(changes), repeatable=False)
    return Item.model_validate((yield call))


def delete(collection: str, id: str) -> Talk[None]:
    """Delete an item. Raises ItemNotFound."""
    yield Call("DELETE", _item(collection, id), repeatable=False)


def upload(collection: str, items: Iterable[Mapping[str, Any]]) -> Talk[Uploaded]:
    """Index many items, each with its `id`; in batches of 100, or of 4 MB where images are large.

    Items that can't be used are told and do not stop the others. An error ends it in the middle;
    to upload the same again does no harm.
    """
    indexed = 0
    rejects: list[Outcome] = []
    for part in _parts(items):
        call = Call("POST", f"{_path(collection)}/items", {"items": part})
        answer = ItemsAnswer.model_validate((yield call))
        indexed += answer.indexed
        rejects += [each for each in answer.results if each.status == "rejected"]
    return Uploaded(indexed=indexed, rejects=rejects)


def collections() -> Talk[list[Collection]]:
    """The collections that the key reaches."""
    answer = CollectionsAnswer.model_validate((yield Call("GET", "/v1/collections")))
    return answer.collections


def describe(collection: str) -> Talk[CollectionInfo]:
    """A collection in full. Raises CollectionNotFound."""
    return CollectionInfo.model_validate((yield Call("GET", _path(collection))))


def create(
    collection: str, fields: Mapping[str, str] | None = None, quantization: str = "int8"
) -> Talk[CollectionInfo]:
    """Create a collection with these fields; one that is there with the same is left as it is.

    Raises CollectionExists where its fields differ.
    """
    body = {"fields": dict(fields or {}), "quantization": quantization}
    return CollectionInfo.model_validate((yield Call("PUT", _path(collection), body)))


def drop(collection: str) -> Talk[None]:
    """Delete a collection with all its items. Raises CollectionNotFound."""
    yield Call("DELETE", _path(collection), repeatable=False)


def _some(told: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The events, each with a key, some at a time."""
    keyed = ({"key": uuid4().hex, **each, **_moment(each)} for each in told)
    while part := list(islice(keyed, _EVENTS)):
        yield part


def _moment(event: Mapping[str, Any]) -> dict[str, str]:
    at = event.get("at")
    return {"at": at.isoformat()} if isinstance(at, datetime) else {}


def _path(collection: str) -> str:
    return f"/v1/collections/{quote(collection, safe='')}"


def _item(collection: str, id: str) -> str:
    return f"{_path(collection)}/items/{quote(id, safe='')}"


def _sent(item: Mapping[str, Any]) -> dict[str, Any]:
    image = item.get("image")
    return {**item, "image": image_text(image)} if isinstance(image, bytes | Path) else {**item}


def _parts(items: Iterable[Mapping[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The items as the API takes them, some at a time."""
    part: list[dict[str, Any]] = []
    size = 0
    for item in items:
        sent = _sent(item)
        own = sum(len(value) for value in sent.values() if isinstance(value, str))
        if part and (len(part) == _BATCH or size + own > _BATCH_BYTES):
            yield part
            part, size = [], 0
        part.append(sent)
        size += own
    if part:
        yield part
