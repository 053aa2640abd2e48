"""Whether the service lives, whether it can answer, and its metrics."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.http.answers import json_answer
from app.http.models import HealthAnswer, ReadyAnswer
from app.http.service import Service
from app.telemetry import METRICS_CONTENT_TYPE


def health_routes(service: Service) -> APIRouter:
    """GET /healthz, /readyz and /metrics."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", response_model=HealthAnswer, summary="Whether the process lives")
    async def healthz() -> Response:
        return json_answer({"status": "ok"})

    @router.get(
        "/readyz",
        response_model=ReadyAnswer,
        responses={503: {"model": ReadyAnswer, "description": "Not yet"}},
        summary="Whether searches can be answered",
    )
    async def readyz() -> Response:
        """503 until the encoder is warm and the collections are open."""
        state = service.upkeep.readiness()
        body = {
            "ready": state.ready,
            "encoder": state.encoder,
            "opened": state.opened,
            "failures": {name: str(error) for name, error in state.failures.items()},
        }
        return json_answer(body, 200 if state.ready else 503)

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(
            service.wiring.telemetry.exposition(), headers={"Content-Type": METRICS_CONTENT_TYPE}
        )

    return router
