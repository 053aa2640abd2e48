"""The experiments there are, and how they stand: to be read only."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.http.answers import json_answer
from app.http.gate import key_of
from app.http.service import Service
from app.http.shapes import Answer


class VariantAnswer(Answer):
    name: str
    share: float = Field(description="Of those that take part.")
    changes: list[str] = Field(description="Settings that it overrides.")
    stopped: str | None = Field(description="Why it is answered no more; null where it is.")


class ExperimentAnswer(Answer):
    name: str
    collection: str
    state: Literal["draft", "scheduled", "running", "ended", "stopped"]
    unit: Literal["user", "session"]
    traffic: float = Field(description="Share of users or sessions that take part.")
    interleave: bool
    variants: list[VariantAnswer] = Field(description="The control first.")
    created_at: str
    starts_at: str | None = Field(description="When it begins or began; null of a draft.")
    ends_at: str | None
    stopped_at: str | None
    reason: str = Field(description="Why it was stopped, where it was.")
    definition: dict[str, Any] = Field(description="As `binocle experiments create` took it.")
    suspended: str | None = Field(description="Why this process does not apply it just now.")


class ExperimentsAnswer(Answer):
    experiments: list[ExperimentAnswer] = Field(description="Newest first.")


def experiment_routes(service: Service) -> APIRouter:
    """/v1/experiments."""
    router = APIRouter(tags=["operations"])

    @router.get(
        "/v1/experiments", response_model=ExperimentsAnswer, summary="Experiments and their states"
    )
    async def get_experiments(request: Request) -> Response:
        """Of all collections that the caller's key is for. They are made by the command line."""
        key = key_of(request)
        told = [
            each
            for each in service.experiments.documents()
            if key is None or key.may_touch(each["collection"])
        ]
        return json_answer({"experiments": told})

    return router
