"""Items: one by one, their thumbnails, and what is similar to them."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Depends, Query, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.item_models import (
    ItemAnswer,
    ItemBody,
)
from app.http.openapi import takes
from app.http.search import answered
from app.http.search_models import SearchAnswer, SimilarParams
from app.http.service import Service
from app.http.writing import change_item, put_item
from app.item_images import ItemImages
from app.items import Items
from app.search.policy import Viewer
from app.search.present import public_payload, thumbnail_url
from app.search.query import IdPart, SearchRequest
from core.errors import InvalidName
from core.items import check_item_id
from qdrant.store import Point

_ONE = "/v1/collections/{collection}/items/{item}"


def item_id(item: str) -> str:
    """The id in a path, which is percent-encoded there. Raises InvalidName."""
    try:
        found = unquote_to_bytes(item).decode()
    except UnicodeDecodeError:
        raise InvalidName("The item id in the path is no UTF-8.", field="id") from None
    check_item_id(found)
    return found


ItemId = Annotated[str, Depends(item_id)]


def item_routes(service: Service) -> APIRouter:
    """/v1/collections/{collection}/items/{item} and below."""
    router = APIRouter(tags=["items"])
    items = Items(service.wiring)
    _add_reading(router, service, items)
    _add_writing(router, service, items)
    return router


def _add_reading(router: APIRouter, service: Service, items: Items) -> None:
    images = ItemImages(service.wiring)

    @router.get(_ONE, response_model=ItemAnswer, summary="Read an item")
    async def get_item(collection: str, id: ItemId, request: Request) -> Response:
        viewer = service.viewer(request)
        point = await service.lanes.search.run(lambda: items.read(collection, id, viewer))
        return json_answer(_shown(collection, point))

    @router.get(
        _ONE + "/thumbnail",
        response_class=Response,
        responses={200: {"content": {"image/webp": {}}}, 304: {"description": "Not changed"}},
        summary="A small copy of an item's image",
    )
    async def get_thumbnail(collection: str, id: ItemId, request: Request) -> Response:
        """WebP, longest side at most 320 pixels."""
        viewer = service.viewer(request)
        address, data = await service.lanes.search.run(
            lambda: items.thumbnail(collection, id, viewer)
        )
        headers = {"ETag": f'"{address}"', "Cache-Control": _shared(viewer)}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type="image/webp")

    @router.get(
        _ONE + "/image",
        response_class=Response,
        responses={200: {"content": {"image/webp": {}}}, 304: {"description": "Not changed"}},
        summary="An item's image, to look at",
    )
    async def get_image(collection: str, id: ItemId, request: Request) -> Response:
        """WebP, longest side at most 1,600 pixels (BINOCLE_IMAGES__SHOWN_SIDE); the thumbnail
        where the image can't be had any more."""
        viewer = service.viewer(request)
        known = request.headers.get("if-none-match", "")
        found = await service.lanes.fetch.run(
            lambda: images.large(collection, id, viewer, known=known)
        )
        headers = {"ETag": f'"{found.tag}"', "Cache-Control": _shared(viewer)}
        if found.data is None:
            return Response(status_code=304, headers=headers)
        return Response(found.data, headers=headers, media_type="image/webp")

    @router.get(_ONE + "/similar", response_model=SearchAnswer, summary="Items like this one")
    async def get_similar(
        collection: str, id: ItemId, params: Annotated[SimilarParams, Query()], sent: Request
    ) -> Response:
        """The items nearest to this one, itself left out."""
        request = SearchRequest(
            parts=(IdPart(id),),
            filter=params.filter,
            limit=params.limit,
            cursor=params.cursor,
            shaping=params.shaping(),
        )
        viewer = service.viewer(sent, unsafe=params.unsafe)
        return await answered(service, collection, request, viewer, sent.headers)


def _add_writing(router: APIRouter, service: Service, items: Items) -> None:
    write = service.lanes.write

    @router.put(
        _ONE,
        response_model=ItemAnswer,
        summary="Index an item, or replace it",
        openapi_extra=takes({JSON: ItemBody}),
    )
    async def put(collection: str, id: ItemId, request: Request) -> Response:
        """Searchable when this is answered."""
        body = await read_json(request, ItemBody, service.max_body)
        point = await write.run(lambda: put_item(items, collection, id, _given(body)))
        return json_answer(_shown(collection, point))

    @router.patch(
        _ONE,
        response_model=ItemAnswer,
        summary="Change an item's fields or its image",
        openapi_extra=takes({JSON: ItemBody}),
    )
    async def patch(collection: str, id: ItemId, request: Request) -> Response:
        """Fields not given stay as they are; fields given as null are removed."""
        body = await read_json(request, ItemBody, service.max_body)
        viewer = service.viewer(request)
        point = await write.run(lambda: change_item(items, collection, id, _given(body), viewer))
        return json_answer(_shown(collection, point))

    @router.delete(_ONE, status_code=204, summary="Delete an item")
    async def delete(collection: str, id: ItemId, request: Request) -> Response:
        viewer = service.viewer(request)
        await write.run(lambda: items.delete(collection, id, viewer))
        return Response(status_code=204)


def _shared(viewer: Viewer) -> str:
    """Who may keep an image that this viewer was shown, and for how long."""
    anyone = viewer.owner_id is None and not viewer.sees_private
    return f"{'public' if anyone else 'private'}, max-age=300"


def _given(body: ItemBody) -> dict[str, Any]:
    return body.model_dump(exclude_unset=True)


def _shown(collection: str, point: Point) -> dict[str, Any]:
    return {
        "id": point.id,
        "title": str(point.payload.get("title", "")),
        "payload": public_payload(point.payload),
        "thumbnail": thumbnail_url(collection, point.id, point.payload),
        "collection": collection,
    }
