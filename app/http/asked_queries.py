"""What people ask for, for whoever runs the service."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.http.answers import json_answer
from app.http.service import Service
from app.http.shapes import Answer
from app.interactions.asked_queries import AskedQueries


class QueriesParams(BaseModel):
    """What `operations/queries` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    collection: str | None = Field(None, description="Only this one.")
    hours: float = Field(24.0, gt=0, le=744, description="How far to look back.")
    limit: int = Field(20, ge=1, le=200, description="Most texts of each list.")


class AskedText(Answer):
    text: str = Field(description="In small letters.")
    searches: int
    people: int = Field(description="Sessions, or else users, as far as they were told.")


class MinuteModel(Answer):
    minute: str = Field(description="Its beginning, UTC.")
    searches: int


class LatencyModel(Answer):
    p50: float | None
    p95: float | None
    p99: float | None


class QueriesAnswer(Answer):
    searches: int = Field(description="Recorded in that time, of all replicas.")
    top: list[AskedText] = Field(description="Most frequent first, as are the other lists.")
    without_results: list[AskedText]
    without_clicks: list[AskedText] = Field(
        description="That found something, and were never clicked."
    )
    per_minute: list[MinuteModel] = Field(description="Minutes without searches are left out.")
    latency_ms: LatencyModel = Field(description="Of the last 100,000 searches of that time.")


def asked_query_routes(service: Service) -> APIRouter:
    """GET /v1/operations/queries"""
    router = APIRouter(tags=["operations"])
    queries = AskedQueries(service.wiring.database)

    @router.get(
        "/v1/operations/queries", response_model=QueriesAnswer, summary="What people ask for"
    )
    async def asked(params: Annotated[QueriesParams, Query()]) -> Response:
        """From the record of searches. For operators: with API keys, it needs one that may
        admin."""
        found = await service.lanes.write.run(
            lambda: queries.lately(params.collection, params.hours, params.limit)
        )
        return json_answer(found)

    return router
