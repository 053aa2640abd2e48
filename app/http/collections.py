"""Collections: list, describe, create, publish, roll back, delete."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import APIRouter, Request, Response

from app.collection import OpenCollection
from app.collections import create_collection, drop_collection
from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.gate import key_of
from app.http.models import (
    CollectionAnswer,
    CollectionBody,
    CollectionsAnswer,
    PublishBody,
)
from app.http.openapi import takes
from app.http.service import Service
from app.keys.key import Key
from app.rolling_back import roll_back
from app.wiring import Wiring
from core.errors import CollectionBusy, CollectionNotFound, StoreError
from core.fields import Schema
from qdrant.store import JOINT

log = logging.getLogger(__name__)


def collection_routes(service: Service) -> APIRouter:
    """/v1/collections and /v1/collections/{collection}."""
    router = APIRouter(tags=["collections"])
    wiring, lanes = service.wiring, service.lanes

    @router.get("/v1/collections", response_model=CollectionsAnswer, summary="List collections")
    async def list_collections(request: Request) -> Response:
        """Those that the caller's key reaches."""
        key = key_of(request)
        found = await lanes.search.run(lambda: _summaries(wiring, key))
        return json_answer({"collections": found})

    one = "/v1/collections/{collection}"

    @router.get(one, response_model=CollectionAnswer, summary="Describe a collection")
    async def describe_collection(collection: str) -> Response:
        return json_answer(await lanes.search.run(lambda: described(wiring, collection)))

    @router.put(
        one,
        response_model=CollectionAnswer,
        status_code=201,
        summary="Create a collection",
        openapi_extra=takes({JSON: CollectionBody}),
    )
    async def put_collection(collection: str, request: Request) -> Response:
        """201 when it is new; 200 when it exists with the same fields; 409 when it differs."""
        body = await read_json(request, CollectionBody, service.max_body)
        schema = Schema(body.fields)

        def create() -> tuple[bool, dict[str, Any]]:
            new = create_collection(wiring, collection, schema, body.quantization)
            return new, described(wiring, collection)

        new, found = await lanes.write.run(create)
        return json_answer(found, 201 if new else 200)

    @router.delete(one, status_code=204, summary="Delete a collection with all its items")
    async def delete_collection(collection: str) -> Response:
        await lanes.write.run(lambda: drop_collection(wiring, collection))
        return Response(status_code=204)

    @router.post(
        one + "/publish",
        response_model=CollectionAnswer,
        summary="Answer from another generation",
        openapi_extra=takes({JSON: PublishBody}),
    )
    async def publish(collection: str, request: Request) -> Response:
        body = await read_json(request, PublishBody, service.max_body)

        def switch() -> dict[str, Any]:
            wiring.store.publish(collection, body.generation)
            wiring.catalog.refresh_one(collection)
            return described(wiring, collection)

        return json_answer(await lanes.write.run(switch))

    @router.post(
        one + "/rollback",
        response_model=CollectionAnswer,
        summary="Answer from the generation that was published before",
    )
    async def rollback(collection: str) -> Response:
        """What was written since the switch stays behind; `behind` says how many items."""

        def switch() -> dict[str, Any]:
            done = roll_back(wiring, collection)
            wiring.catalog.refresh_one(collection)
            return {**described(wiring, collection), "behind": done.behind}

        return json_answer(await lanes.write.run(switch))

    return router


def _summaries(wiring: Wiring, key: Key | None) -> list[dict[str, Any]]:
    """Of the collections that are open; the others are listed by /readyz with the reason."""
    found = []
    for name in wiring.catalog.names():
        if key is not None and not key.may_touch(name):
            continue
        try:
            found.append(_summary(wiring, name))
        except (CollectionNotFound, CollectionBusy, StoreError) as error:
            log.warning("Collection '%s' is left out of the list: %s", name, error)
    return found


def _summary(wiring: Wiring, name: str) -> dict[str, Any]:
    with wiring.catalog.lease(name) as opened:
        return _told(opened)


def _told(opened: OpenCollection) -> dict[str, Any]:
    return {
        "name": opened.name,
        "count": opened.count(),
        "generation": opened.generation_name,
        "encoder": opened.config.encoder,
    }


def described(wiring: Wiring, name: str) -> dict[str, Any]:
    """A collection as a CollectionAnswer: the generation that answers, which the store's pointer
    may be ahead of for a second."""
    info = wiring.store.info(name)
    with wiring.catalog.lease(name, latest=True) as opened:
        config = opened.config
        return {
            **_told(opened),
            "fingerprint": config.fingerprint,
            "dim": config.vectors[JOINT],
            "quantization": config.quantization,
            "indexed_vectors": info.indexed_vectors,
            "bytes_on_disk": info.bytes_on_disk,
            "index_bytes": info.index_bytes,
            "generations": list(info.generations),
            "fields": config.schema.fields,
            "attributes": list(config.schema.attributes),
            "events": wiring.settings.events.enabled,
        }
