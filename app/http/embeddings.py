"""Embeddings: texts and images -> vectors of the joint space."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.embedding_runs import Rows
from app.http.models import EmbeddingsAnswer, EmbeddingsBody
from app.http.openapi import takes
from app.http.service import Service
from core.errors import InvalidRequest, TooLarge
from encoders.remote.facts import EncoderFacts, facts_of


def embedding_routes(service: Service) -> APIRouter:
    """POST /v1/embeddings and GET /v1/encoder."""
    router = APIRouter(tags=["embeddings"])

    @router.post(
        "/v1/embeddings",
        response_model=EmbeddingsAnswer,
        summary="Encode texts and images",
        openapi_extra=takes({JSON: EmbeddingsBody}),
    )
    async def embeddings(request: Request) -> Response:
        """Unit vectors of the space that texts and images share, to compare by inner product."""
        body = await read_json(request, EmbeddingsBody, service.max_body)
        _check(body, service.max_batch)
        return json_answer(await _encoded(service, body))

    @router.get("/v1/encoder", response_model=EncoderFacts, summary="Describe the encoder")
    async def describe_encoder() -> Response:
        """What another Binocle needs in order to use this one's encoder."""

        def found() -> EncoderFacts:
            return facts_of(
                service.wiring.encoder(), max_batch=service.max_batch, max_body=service.max_body
            )

        facts = await service.lanes.search.run(found)
        return json_answer(facts.model_dump())

    return router


def _check(body: EmbeddingsBody, max_batch: int) -> None:
    count = len(body.texts) + len(body.images)
    if not count:
        raise InvalidRequest("There are neither texts nor images to encode.", field="texts")
    if count > max_batch:
        raise TooLarge(f"{count:,} texts and images; {max_batch:,} are allowed.", field="texts")
    for at, text in enumerate(body.texts):
        if not text.strip():
            raise InvalidRequest(f"Text {at} is empty.", field=f"texts.{at}")


async def _encoded(service: Service, body: EmbeddingsBody) -> dict[str, Any]:
    embedder = service.embedder
    texts, images = await asyncio.gather(
        embedder.texts(body.texts) if body.texts else _nothing(),
        embedder.images(body.images) if body.images else _nothing(),
    )
    encoder = service.wiring.encoder()
    return {
        "encoder": encoder.name,
        "fingerprint": encoder.fingerprint,
        "dim": encoder.dim,
        "texts": texts,
        "images": images,
    }


async def _nothing() -> Rows:
    return []
