"""The ranking of a collection: read it, set it, go back to the default."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.openapi import takes
from app.http.service import Service
from app.ranking import ranking_of_collection, reset_ranking, set_ranking
from app.search.rerank.ranking import Ranking, as_document


def ranking_routes(service: Service) -> APIRouter:
    """/v1/collections/{collection}/ranking."""
    router = APIRouter(tags=["collections"])
    wiring, lanes = service.wiring, service.lanes
    path = "/v1/collections/{collection}/ranking"

    @router.get(path, response_model=Ranking, summary="How a collection ranks")
    async def get_ranking(collection: str) -> Response:
        found = await lanes.search.run(lambda: ranking_of_collection(wiring, collection))
        return json_answer(as_document(found))

    @router.put(
        path,
        response_model=Ranking,
        summary="Set how a collection ranks",
        openapi_extra=takes({JSON: Ranking}),
    )
    async def put_ranking(collection: str, request: Request) -> Response:
        """Checked against the collection's fields first. Searches take it from the next one on."""
        body = await read_json(request, Ranking, service.max_body)
        await lanes.write.run(lambda: set_ranking(wiring, collection, body))
        return json_answer(as_document(body))

    @router.delete(path, status_code=204, summary="Rank as collections do by default")
    async def delete_ranking(collection: str) -> Response:
        await lanes.write.run(lambda: reset_ranking(wiring, collection))
        return Response(status_code=204)

    return router
