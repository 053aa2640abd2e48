"""For a process that builds the next generation beside this service: read, write, take over.

Not for applications: the command line uses it where this service owns a collection.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.openapi import takes
from app.http.service import Service
from app.http.succession_models import (
    GenerationAnswer,
    NearestAnswer,
    NearestQuery,
    PointsAnswer,
    PointsBody,
    PointsQuery,
    TakeOverBody,
)
from app.succession.taking_over import (
    described,
    give_way,
    nearest_points,
    points_of,
    take_over,
    write_points,
)

_BASE = "/v1/collections/{collection}/generation"


def succession_routes(service: Service) -> APIRouter:
    """/v1/collections/{collection}/generation and below; needs an admin's key."""
    router = APIRouter(tags=["generations"])
    wiring, lanes = service.wiring, service.lanes

    @router.post(
        _BASE + "/follow", response_model=GenerationAnswer, summary="The generation that answers"
    )
    async def follow(collection: str) -> Response:
        """From this answer on, every change is numbered; `change` is the last number so far."""
        return json_answer(await lanes.write.run(lambda: described(wiring, collection)))

    @router.post(
        _BASE + "/read",
        response_model=PointsAnswer,
        summary="Points as they are stored, with vectors",
        openapi_extra=takes({JSON: PointsQuery}),
    )
    async def read_points(collection: str, request: Request) -> Response:
        body = await read_json(request, PointsQuery, service.max_body)
        found = await lanes.write.run(
            lambda: points_of(
                wiring,
                collection,
                body.ids,
                body.after,
                body.limit,
                vectors=body.vectors,
                base=body.generation,
            )
        )
        return json_answer(found)

    @router.post(
        _BASE + "/nearest",
        response_model=NearestAnswer,
        summary="The nearest points to vectors",
        openapi_extra=takes({JSON: NearestQuery}),
    )
    async def nearest(collection: str, request: Request) -> Response:
        """Of all items, private ones too; to compare encoders by."""
        body = await read_json(request, NearestQuery, service.max_body)
        found = await lanes.write.run(
            lambda: nearest_points(wiring, collection, body.vectors, body.limit)
        )
        return json_answer(found)

    @router.post(
        _BASE + "/write",
        status_code=204,
        summary="Write points as they are",
        openapi_extra=takes({JSON: PointsBody}),
    )
    async def write(collection: str, request: Request) -> Response:
        """They count as a load's, not as changes beside it."""
        body = await read_json(request, PointsBody, service.max_body)
        await lanes.write.run(
            lambda: write_points(
                wiring, collection, body.points, body.payloads, body.delete, base=body.generation
            )
        )
        return Response(status_code=204)

    @router.post(
        _BASE + "/take-over",
        response_model=GenerationAnswer,
        summary="Answer from a generation that was built aside",
        openapi_extra=takes({JSON: TakeOverBody}),
    )
    async def adopt(collection: str, request: Request) -> Response:
        """What was written since `since` is brought over first; 409 where that can't be."""
        body = await read_json(request, TakeOverBody, service.max_body)

        def switch() -> dict[str, Any]:
            if body.own_source:
                found = give_way(
                    wiring, collection, body.generation, base=body.base, since=body.since
                )
                return {**described(wiring, collection), **vars(found)}
            take_over(
                wiring,
                collection,
                body.generation,
                base=body.base,
                since=body.since,
                replay=body.replay,
                leave_out=body.leave_out,
            )
            return described(wiring, collection)

        return json_answer(await lanes.write.run(switch))

    return router
