"""Many items in one request: index, change, delete; as one body, or as a stream of lines."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, media_type, read_json, unsupported
from app.http.item_models import (
    ChangedAnswer,
    DeletedAnswer,
    IdsBody,
    ItemBody,
    ItemsAnswer,
    ItemsBody,
)
from app.http.line_stream import NDJSON, Answers, Line, LinesAnswer
from app.http.openapi import takes
from app.http.service import Service
from app.http.writing import change_items, delete_items, put_items, put_lines
from app.items import Items

_PATH = "/v1/collections/{collection}/items"


def item_batch_routes(service: Service) -> APIRouter:
    """/v1/collections/{collection}/items."""
    router = APIRouter(tags=["items"])
    items = Items(service.wiring)
    write = service.lanes.write

    @router.post(
        _PATH,
        response_model=ItemsAnswer,
        summary="Index many items",
        openapi_extra=takes({JSON: ItemsBody, NDJSON: ItemBody}),
    )
    async def post(collection: str, request: Request) -> Response:
        """What can be indexed is; each item has its own result, in order.

        As application/x-ndjson, an item a line, of any length: results come back as lines while
        items are still sent, each once its item is searchable; the last line sums up.
        """
        if media_type(request) == NDJSON:
            await write.run(lambda: items.schema(collection))  # refused before the answer begins
            return _streamed(service, items, collection)
        if media_type(request) != JSON:
            raise unsupported(request, JSON, NDJSON)
        body = await read_json(request, ItemsBody, service.max_body)
        results = await write.run(
            lambda: put_items(items, collection, body.items, service.max_batch)
        )
        return json_answer(_counted(results, "indexed"))

    @router.patch(
        _PATH,
        response_model=ChangedAnswer,
        summary="Change many items' fields or images",
        openapi_extra=takes({JSON: ItemsBody}),
    )
    async def patch(collection: str, request: Request) -> Response:
        """Each item with its id and what is to change, as PATCH of one takes it."""
        body = await read_json(request, ItemsBody, service.max_body)
        viewer = service.viewer(request)
        results = await write.run(
            lambda: change_items(items, collection, body.items, service.max_batch, viewer)
        )
        return json_answer(_counted(results, "changed"))

    @router.delete(
        _PATH,
        response_model=DeletedAnswer,
        summary="Delete many items",
        openapi_extra=takes({JSON: IdsBody}),
    )
    async def delete(collection: str, request: Request) -> Response:
        """Ids that are not there are told, and are no failure."""
        body = await read_json(request, IdsBody, service.max_body)
        viewer = service.viewer(request)
        gone, missing = await write.run(
            lambda: delete_items(items, collection, body.ids, service.max_batch, viewer)
        )
        return json_answer({"deleted": gone, "missing": missing})

    return router


def _streamed(service: Service, items: Items, collection: str) -> LinesAnswer:
    counts = {"indexed": 0, "rejected": 0}

    async def work(batch: list[Line]) -> Answers:
        results = await service.lanes.write.run(lambda: put_lines(items, collection, batch))
        for result in results:
            counts[result["status"]] += 1
        return results

    return LinesAnswer(service.max_body, work, lambda: dict(counts))


def _counted(results: list[dict[str, Any]], done: str) -> dict[str, Any]:
    rejected = sum(result["status"] == "rejected" for result in results)
    return {done: len(results) - rejected, "rejected": rejected, "results": results}
