"""Whether the service lives, whether it can answer, and its metrics."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.gate import may_know
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
    async def readyz(request: Request) -> Response:
        """503 until the encoder is warm, the collections are open, and keys can be checked.

        Where keys are needed, the reasons are told to those who have one.
        """
        body = _state(service, knows=may_know(request, service.wiring.watch))
        return json_answer(body, 200 if body["ready"] else 503)

    @router.get("/metrics", summary="Metrics for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(
            service.wiring.telemetry.exposition(), headers={"Content-Type": METRICS_CONTENT_TYPE}
        )

    return router


def _state(service: Service, *, knows: bool) -> dict[str, Any]:
    state, watch = service.upkeep.readiness(), service.wiring.watch
    failures = {name: str(error) for name, error in state.failures.items()}
    return {
        "ready": service.ready,
        "encoder": state.encoder,
        "opened": state.opened,
        "database": watch.failure() is None,
        "store": state.store is None,
        "failures": failures if knows else {},
        "reason": str(state.store) if knows and state.store is not None else None,
    }
