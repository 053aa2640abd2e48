"""Search: the JSON body, the short form, and an uploaded image."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from app.experiments.answering import Answered
from app.http.answers import json_answer
from app.http.bodies import JSON, MULTIPART, invalid, media_type, read_form, read_json, unsupported
from app.http.lanes import Lane
from app.http.openapi import takes
from app.http.parts import request_of
from app.http.search_models import SearchAnswer, SearchBody, SearchForm, SearchParams
from app.http.service import Service
from app.interactions.searched import Searched, image_hash
from app.search.policy import Viewer
from app.search.present import Answer
from app.search.query import ImagePart, Part, SearchRequest, TextPart, UrlPart
from core.errors import InvalidRequest

_BINS = 10
"""Of a histogram in the short form."""


def search_routes(service: Service) -> APIRouter:
    """POST and GET /v1/collections/{collection}/search."""
    router = APIRouter(tags=["search"])
    path = "/v1/collections/{collection}/search"

    @router.post(
        path,
        response_model=SearchAnswer,
        summary="Search by texts, images, items and vectors",
        openapi_extra=takes({JSON: SearchBody, MULTIPART: SearchForm}),
    )
    async def search(collection: str, request: Request) -> Response:
        """The items nearest to the weighted mix of the query's parts, among those that pass the
        filter. Send JSON, or a form with the image file in the part `image`."""
        kind = media_type(request)
        if kind == MULTIPART:
            params, parts = await _form(request, service.max_body)
            viewer = service.viewer(request, unsafe=params.unsafe)
            wanted = _request(params, parts)
            return await answered(service, collection, wanted, viewer, request.headers)
        if kind != JSON:
            raise unsupported(request, JSON, MULTIPART)
        body = await read_json(request, SearchBody, service.max_body)
        viewer = service.viewer(request, unsafe=body.unsafe)
        return await answered(service, collection, request_of(body), viewer, request.headers)

    @router.get(path, response_model=SearchAnswer, summary="Search by a text")
    async def search_text(
        collection: str, params: Annotated[SearchParams, Query()], sent: Request
    ) -> Response:
        """The short form; without `q`, the items as they come."""
        parts = () if params.q is None else (TextPart(params.q),)
        viewer = service.viewer(sent, unsafe=params.unsafe)
        return await answered(service, collection, _request(params, parts), viewer, sent.headers)

    return router


async def answered(
    service: Service,
    collection: str,
    wanted: SearchRequest,
    viewer: Viewer,
    headers: Mapping[str, str],
) -> Response:
    """The answer to what is wanted by `viewer`, worked out in the lane for its kind, and recorded.

    Args:
        headers: of the request, which tell who asks.
    """
    at, start = datetime.now(UTC), time.perf_counter()
    interactions = service.interactions
    asker = interactions.asker(headers)
    cursor, continued = interactions.continued(wanted.cursor, collection)
    request = replace(wanted, viewer=viewer, cursor=cursor)

    began = interactions.began(continued) or at
    arranged = service.experiments.apply(collection, asker, request, began)

    def work() -> tuple[Answered, str | None]:
        return service.experiments.answer(collection, arranged), image_hash(request)

    try:
        done, image = await lane_of(service, [request]).run(work)
    except Exception as error:
        if asker.recorded:
            service.experiments.failed(arranged, error)
        raise
    latency_ms = 1000 * (time.perf_counter() - start)
    searched = Searched(
        request, done.answer, asker, at, latency_ms, image, done.variants, done.sources
    )
    return json_answer(told(done.answer, interactions.note(searched, continued), done.variants))


def told(
    answer: Answer, query_id: str, variants: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The answer as it is sent: with the id of its search, also in the cursor of the next page, and
    with the variants of experiments that answered."""
    cursor = None if answer.cursor is None else f"{answer.cursor}.{query_id}"
    sent = {"query_id": query_id, **replace(answer, cursor=cursor).as_json()}
    return {**sent, "experiments": dict(variants)} if variants else sent


def lane_of(service: Service, requests: Sequence[SearchRequest]) -> Lane:
    """Where to work the requests out: by the slowest kind of part that is among them."""
    if any(isinstance(part, UrlPart) for request in requests for part in request.parts):
        return service.lanes.fetch
    images = any(request.has_images for request in requests)
    return service.lanes.image if images else service.lanes.search


async def _form(request: Request, max_body: int) -> tuple[SearchForm, tuple[Part, ...]]:
    fields: Mapping[str, Any] = await read_form(request, max_body)
    try:
        # An empty input of a form says nothing: it is as if it were not there.
        params = SearchForm.model_validate({k: v for k, v in fields.items() if v != ""})
    except ValidationError as error:
        raise invalid(error.errors()[0]) from None
    parts: list[Part] = []
    if params.q is not None:
        parts.append(TextPart(params.q))
    if params.image is not None:
        if not isinstance(params.image, bytes):
            raise InvalidRequest("'image' is not sent as a file.", field="image")
        parts.append(ImagePart(params.image))
    if not parts:
        raise InvalidRequest("The form has neither an image nor q.", field="image")
    return params, tuple(parts)


def _request(params: SearchParams, parts: tuple[Part, ...]) -> SearchRequest:
    return SearchRequest(
        parts=parts,
        filter=params.filter,
        limit=params.limit,
        cursor=params.cursor,
        facets=_names(params.facets),
        histograms=dict.fromkeys(_names(params.histograms), _BINS),
        sort=params.sort,
        explain=params.explain,
        partial=params.partial,
        shaping=params.shaping(),
        understand=params.understand,
        recognise=params.recognise,
    )


def _names(given: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in given.split(",")) if given else ()
