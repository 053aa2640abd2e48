"""Embeddings: texts and images -> vectors of the joint space."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.http.answers import json_answer
from app.http.bodies import JSON, read_json
from app.http.models import EmbeddingsAnswer, EmbeddingsBody
from app.http.openapi import takes
from app.http.parts import image_bytes
from app.http.service import Service
from core.errors import ImageError, InvalidRequest, TooLarge
from encoders.encoder import detail
from encoders.images import decode_image


def embedding_routes(service: Service) -> APIRouter:
    """POST /v1/embeddings."""
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
        lane = service.lanes.image if body.images else service.lanes.search
        return json_answer(await lane.run(lambda: _encoded(service, body)))

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


def _encoded(service: Service, body: EmbeddingsBody) -> dict[str, Any]:
    encoder = service.wiring.encoder()
    images = []
    for at, text in enumerate(body.images):
        field = f"images.{at}"
        try:
            images.append(
                decode_image(
                    image_bytes(text, field),
                    max_pixels=service.searcher.max_pixels,
                    at_least=detail(encoder),
                )
            )
        except ImageError as error:
            error.field = field
            raise
    return {
        "encoder": encoder.name,
        "fingerprint": encoder.fingerprint,
        "dim": encoder.dim,
        "texts": encoder.encode_texts(body.texts) if body.texts else [],
        "images": encoder.encode_images(images) if images else [],
    }
