"""Catalogs that are uploaded: understood first, so that a page can show what would be made."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.http.answers import json_answer
from app.http.bodies import media_type, read_bytes, unsupported
from app.http.service import Service
from app.http.shapes import Answer
from app.uploaded_catalog import ENDINGS, UploadedCatalog, read_catalog
from core.fields import FieldType, Schema
from core.items import check_collection_name


class CatalogProblem(Answer):
    row: int | None = Field(description="Where in the catalog, from 1; in a table its line.")
    id: str | None
    field: str | None
    reason: str


class CatalogAnswer(Answer):
    fields: dict[str, FieldType] = Field(description="What a collection of it would declare.")
    notes: list[str] = Field(description="How the columns were understood.")
    items: list[dict[str, Any]] = Field(
        description="As a batch takes them, each with its `row`; with `image_file` in the place of "
        "`image` where the catalog names a file."
    )
    problems: list[CatalogProblem] = Field(description="Entries that can't be used.")
    whole: bool = Field(description="False where rows behind the first 5,000 were left out.")


def catalog_routes(service: Service) -> APIRouter:
    """/v1/collections/{collection}/catalog."""
    router = APIRouter(tags=["collections"])
    schema = {"schema": {"type": "string"}}

    @router.post(
        "/v1/collections/{collection}/catalog",
        response_model=CatalogAnswer,
        summary="Understand a catalog",
        openapi_extra={
            "requestBody": {"required": True, "content": dict.fromkeys(ENDINGS, schema)}
        },
    )
    async def understand(collection: str, request: Request) -> Response:
        """What a load of it into the collection, which need not exist, would make; nothing is."""
        ending = ENDINGS.get(media_type(request))
        if ending is None:
            raise unsupported(request, *ENDINGS)
        check_collection_name(collection)
        data = await read_bytes(request, service.max_body)
        found = await service.lanes.write.run(
            lambda: read_catalog(data, ending, _schema(service, collection))
        )
        return json_answer(_as_document(found))

    return router


def _schema(service: Service, collection: str) -> Schema | None:
    if service.wiring.store.published(collection) is None:
        return None
    with service.wiring.catalog.lease(collection) as opened:
        return opened.schema


def _as_document(found: UploadedCatalog) -> dict[str, Any]:
    problems = [
        {"row": one.row, "id": one.id, "field": one.field, "reason": one.reason}
        for one in found.problems
    ]
    return {
        "fields": dict(found.fields),
        "notes": list(found.notes),
        "items": list(found.items),
        "problems": problems,
        "whole": found.whole,
    }
