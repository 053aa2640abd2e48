"""The fields of a collection: what they hold, and adding more."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.collections import add_fields
from app.field_facts import as_document, field_facts
from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.collections import described
from app.http.models import CollectionAnswer, FieldsAnswer, FieldsBody
from app.http.openapi import takes
from app.http.service import Service


def field_routes(service: Service) -> APIRouter:
    """PATCH of a collection, and /v1/collections/{collection}/fields."""
    router = APIRouter(tags=["collections"])
    wiring, lanes = service.wiring, service.lanes
    one = "/v1/collections/{collection}"

    @router.patch(
        one,
        response_model=CollectionAnswer,
        summary="Add fields to a collection",
        openapi_extra=takes({JSON: FieldsBody}),
    )
    async def patch_collection(collection: str, request: Request) -> Response:
        """They are indexed and can be written and filtered by at once. Types can't be changed."""
        body = await read_json(request, FieldsBody, service.max_body)

        def change() -> dict[str, Any]:
            add_fields(wiring, collection, body.fields)
            return described(wiring, collection)

        return json_answer(await lanes.write.run(change))

    @router.get(one + "/fields", response_model=FieldsAnswer, summary="What the fields hold")
    async def get_fields(collection: str, request: Request) -> Response:
        """How many items have each field, and examples of its values."""
        viewer = service.viewer(request)

        def look() -> dict[str, Any]:
            with wiring.catalog.lease(collection) as opened:
                return {"fields": as_document(field_facts(opened, viewer))}

        return json_answer(await lanes.search.run(look))

    return router
