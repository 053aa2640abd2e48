"""The OpenAPI document: what FastAPI finds, and the bodies that the routes read themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.http.event_models import EventsBody
from app.http.item_models import IdsBody, ItemBody, ItemsBody
from app.http.judgment_models import JudgmentsBody
from app.http.models import (
    CollectionBody,
    EmbeddingsBody,
    FieldsBody,
    ProblemAnswer,
    PublishBody,
    SessionBody,
)
from app.http.search_models import BatchBody, SearchBody, SearchForm
from app.http.succession_models import NearestQuery, PointsBody, PointsQuery, TakeOverBody

_REF = "#/components/schemas/{model}"
_READ_BY_ROUTES = (
    SearchBody,
    SearchForm,
    BatchBody,
    ItemBody,
    ItemsBody,
    IdsBody,
    CollectionBody,
    PublishBody,
    FieldsBody,
    PointsQuery,
    NearestQuery,
    PointsBody,
    TakeOverBody,
    EmbeddingsBody,
    EventsBody,
    SessionBody,
    JudgmentsBody,
    ProblemAnswer,
)

DESCRIPTION = """\
Find images by text, by image, by an item, or by a weighted mix of them.

Every failure is a problem document (RFC 9457, `application/problem+json`) that says what was wrong,
what to do about it, and which field it is about. Ids of items are percent-encoded in paths.

Where the service has API keys, send one as `Authorization: Bearer KEY`: 401 says that no valid one
came, 403 that it does not reach that far.
"""


def takes(bodies: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes one of `bodies`, by content type."""
    content = {
        kind: {"schema": {"$ref": _REF.format(model=model.__name__)}}
        for kind, model in bodies.items()
    }
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI) -> None:
    """Have `app` give the whole document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend it


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
    )
    _, definitions = models_json_schema(
        [(model, "validation") for model in _READ_BY_ROUTES], ref_template=_REF
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(definitions["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{}, {"key": []}]  # keys are needed where the service has some
    problem = {
        "description": "What was wrong",
        "content": {
            "application/problem+json": {
                "schema": {"$ref": _REF.format(model=ProblemAnswer.__name__)}
            }
        },
    }
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
    return document
