"""What an encoder service says of its encoder, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field

from encoders.encoder import Encoder

_KINDS = ("text", "image")
_STEPS = 200
_EDGE = 1e-12


class EncoderFacts(BaseModel):
    """What an encoder service says of its encoder, as GET /v1/encoder answers it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    encoder: str
    fingerprint: str
    dim: int = Field(gt=0)
    image_size: int = Field(gt=0)
    relevance: Mapping[str, list[tuple[float, float]]] = Field(
        description="For each kind of query that is calibrated, cosines with their relevance."
    )
    max_batch: int = Field(gt=0, description="Most texts or images in one request.")
    max_body: int = Field(gt=0, description="Largest request, in bytes.")


def facts_of(encoder: Encoder, *, max_batch: int, max_body: int) -> EncoderFacts:
    """What there is to say of `encoder`, and of the service's limits."""
    cosines = [step / _STEPS * 2 - 1 for step in range(_STEPS + 1)]
    curves = {
        kind: [(cosine, known) for cosine in cosines if (known := encoder.relevance(cosine, kind))]
        for kind in _KINDS
        if encoder.relevance(0.0, kind) is not None
    }
    return EncoderFacts(
        encoder=encoder.name,
        fingerprint=encoder.fingerprint,
        dim=encoder.dim,
        image_size=encoder.image_size,
        relevance=curves,
        max_batch=max_batch,
        max_body=max_body,
    )


def relevance_at(curve: Sequence[tuple[float, float]], cosine: float) -> float:
    """Between two points, in the logit: exact where relevance is a sigmoid of the cosine."""
    points = sorted(curve)
    at = min(max(cosine, points[0][0]), points[-1][0])
    for (left, low), (right, high) in pairwise(points):
        if at <= right:
            share = (at - left) / (right - left)
            between = _logit(low) + share * (_logit(high) - _logit(low))
            return 1.0 / (1.0 + math.exp(-between))
    return points[-1][1]


def _logit(probability: float) -> float:
    inside = min(max(probability, _EDGE), 1 - _EDGE)
    return math.log(inside / (1 - inside))
