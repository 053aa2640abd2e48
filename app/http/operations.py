"""The state of the service for whoever runs it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import psutil
from fastapi import APIRouter, Response
from pydantic import Field

from app.http.answers import json_answer
from app.http.service import Service
from app.http.shapes import Answer
from app.operations.holdings import holdings
from app.operations.recent_rejects import recent_rejects

_SPANS = (60, 300, None)


class HoldingModel(Answer):
    name: str
    problem: str | None = Field(
        description="What is wrong with it. Of one that can't be looked at, nothing else is told."
    )
    items: int | None = Field(None, description="All of them, private ones too.")
    public_items: int | None = None
    generation: str | None = None
    generations: list[str] | None = Field(None, description="Oldest first.")
    encoder: str | None = None
    quantization: str | None = None
    indexed_vectors: int | None = Field(None, description="The rest are compared one by one.")
    bytes_on_disk: int | None = None
    index_bytes: int | None = None


class WindowModel(Answer):
    span: int | None = Field(description="Seconds that were asked for; null: since the start.")
    seconds: float = Field(description="Seconds that it really is.")
    answered: int
    refused: int = Field(description="Answered with a status of 4xx.")
    failed: int = Field(description="Answered with a status of 5xx.")
    per_second: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class RejectsModel(Answer):
    file: str = Field(description="In the folder `rejects` of the data directory.")
    collection: str
    at: str
    rejected: int
    whole: bool = Field(description="False where only the beginning of the file was counted.")
    kinds: dict[str, int]
    examples: list[dict[str, Any]]


class OperationsAnswer(Answer):
    at: str
    ready: bool
    uptime_seconds: float
    memory_bytes: int = Field(description="Resident, of this process.")
    in_flight: int = Field(description="Requests being answered, this one among them.")
    encoder: str
    store: str = Field(description="embedded or memory; http or https: a Qdrant server.")
    events: bool = Field(description="Whether searches and events are recorded.")
    searches: list[WindowModel] = Field(description="Requests that search, of this process alone.")
    collections: list[HoldingModel]
    rejects: list[RejectsModel] = Field(description="Of the latest bulk loads, latest first.")


def operations_routes(service: Service) -> APIRouter:
    """/v1/operations."""
    router = APIRouter(tags=["operations"])

    @router.get(
        "/v1/operations", response_model=OperationsAnswer, summary="The state of the service"
    )
    async def operations() -> Response:
        """For operators: with API keys, it needs one that may admin. Changes nothing."""
        return json_answer(await service.lanes.write.run(lambda: _state(service)))

    return router


def _state(service: Service) -> dict[str, Any]:
    wiring, pulse = service.wiring, service.pulse
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "ready": service.ready,
        "uptime_seconds": pulse.uptime_seconds,
        "memory_bytes": psutil.Process().memory_info().rss,
        "in_flight": _in_flight(service),
        "encoder": wiring.settings.encoder,
        "store": wiring.settings.store.partition(":")[0],
        "events": wiring.settings.events.enabled,
        "searches": [{"span": span, **asdict(pulse.window(span))} for span in _SPANS],
        "collections": holdings(wiring),
        "rejects": [
            {**asdict(one), "at": one.at.isoformat(timespec="seconds")}
            for one in recent_rejects(wiring.directories.rejects)
        ],
    }


def _in_flight(service: Service) -> int:
    (metric,) = service.wiring.telemetry.in_flight.collect()
    return int(metric.samples[0].value)
