"""Suggestions while typing, and many searches in one call."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from app.http.answers import json_answer
from app.http.batch_notes import BatchNotes
from app.http.bodies import JSON, invalid, read_json
from app.http.openapi import takes
from app.http.parts import request_of
from app.http.search import lane_of
from app.http.search_models import (
    BatchAnswer,
    BatchBody,
    SearchBody,
    SuggestAnswer,
    SuggestParams,
)
from app.http.service import Service
from app.problems import problem_of
from app.search.batch import search_batch
from app.search.query import SearchRequest
from core.errors import BinocleError, InvalidRequest, TooLarge


def suggest_routes(service: Service) -> APIRouter:
    """GET .../suggest and POST .../search/batch"""
    router = APIRouter(tags=["search"])
    one = "/v1/collections/{collection}"

    @router.get(one + "/suggest", response_model=SuggestAnswer, summary="Suggest while typing")
    async def suggest(
        collection: str, params: Annotated[SuggestParams, Query()], sent: Request
    ) -> Response:
        """What the text may be the beginning of: titles, tags and values of keyword fields, in
        spite of typing errors. `ready` is false while they are gathered for the first time."""
        viewer = service.viewer(sent)
        found = await service.lanes.search.run(
            lambda: service.suggestions.suggest(collection, params.q, params.limit, viewer=viewer)
        )
        return json_answer(found.as_json())

    @router.post(
        one + "/search/batch",
        response_model=BatchAnswer,
        summary="Many searches in one call",
        openapi_extra=takes({JSON: BatchBody}),
    )
    async def batch(collection: str, sent: Request) -> Response:
        """For each search its answer, or the problem with it, in order."""
        body = await read_json(sent, BatchBody, service.max_body)
        _check_size(body, service.max_batch)
        read = [_read(service, sent, one) for one in body.searches]
        requests = [each for each in read if isinstance(each, SearchRequest)]
        noted = BatchNotes(service.interactions, sent.headers, collection, requests)
        lane = lane_of(service, requests)
        found = await lane.run(lambda: search_batch(service.searcher, collection, noted.requests))
        answers = iter(noted.shown(found))
        results = [next(answers) if isinstance(each, SearchRequest) else each for each in read]
        return json_answer({"results": [_shown(result) for result in results]})

    return router


def _check_size(body: BatchBody, most: int) -> None:
    if len(body.searches) > most:
        raise TooLarge(
            f"{len(body.searches):,} searches; {most:,} are allowed in one call.", field="searches"
        )


def _read(service: Service, sent: Request, search: dict[str, Any]) -> SearchRequest | BinocleError:
    """One search of the batch, or what is wrong with how it is put."""
    try:
        body = SearchBody.model_validate(search)
        return replace(request_of(body), viewer=service.viewer(sent, unsafe=body.unsafe))
    except ValidationError as error:
        return invalid(error.errors()[0])
    except InvalidRequest as error:
        return error


def _shown(result: Any) -> dict[str, Any]:
    if isinstance(result, BinocleError):
        return {"answer": None, "problem": problem_of(result).as_json()}
    return {"answer": result, "problem": None}
