"""The stage of a cross-encoder: the first candidates, each read together with the query."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image
from pydantic import Field

from app.search.candidates import Candidate
from app.search.rerank.part import Part
from app.search.rerank.stage import Asked, OutOfTime, Scored
from core.errors import EncoderError, ImageError
from core.fields import FieldType, Schema
from encoders.cross import CrossEncoder, Document
from encoders.images import decode_image

_BATCH = 8
"""Documents between two looks at the clock."""
_LONGEST = 2_000
"""Characters of an item that are read: models cut at some hundreds of tokens."""

Picture = Callable[[Mapping[str, Any]], bytes | None]
"""A small image file of an item, by its payload."""


class CrossSettings(Part):
    """Which model reads how much."""

    model: str = Field(description="st:PATH_OR_HUB_ID of a cross-encoder.", min_length=4)
    depth: int = Field(30, ge=1, le=200, description="Candidates that it reads, of the first.")
    images: bool = Field(True, description="Show it thumbnails, where the model takes images.")


@dataclass(frozen=True)
class CrossStage:
    """Ranks the first candidates by a model's own score; those after them keep their order."""

    model: CrossEncoder
    settings: CrossSettings
    schema: Schema
    picture: Picture
    name: Literal["cross_encoder"] = "cross_encoder"

    def score(self, candidates: Sequence[Candidate], asked: Asked, deadline: float) -> list[Scored]:
        """One for each candidate. Raises OutOfTime, and EncoderError where there is no text."""
        if not asked.text:
            raise EncoderError("A cross-encoder reads texts, and the query has none.")
        read, rest = candidates[: self.settings.depth], candidates[self.settings.depth :]
        scores: list[float] = []
        for start in range(0, len(read), _BATCH):
            if time.perf_counter() >= deadline:
                raise OutOfTime
            batch = [self._document(each) for each in read[start : start + _BATCH]]
            scores += self.model.score(asked.text, batch).tolist()
        if time.perf_counter() >= deadline:
            raise OutOfTime
        found = [
            Scored(candidate, score, f"read with the query: {score:.3g}")
            for candidate, score in zip(read, scores, strict=True)
        ]
        below = min(scores, default=0.0)
        # Below all that was read, each under the one before it.
        found += [Scored(each, below - place, "") for place, each in enumerate(rest, start=1)]
        return found

    def _document(self, candidate: Candidate) -> Document:
        text = text_of_item(candidate.payload, self.schema)
        if not self.model.takes_images or not self.settings.images:
            return Document(text)
        data = self.picture(candidate.payload)
        return Document(text, _image(data) if data is not None else None)


def text_of_item(payload: Mapping[str, Any], schema: Schema) -> str:
    """What is written of an item: title, description, tags, and its keyword attributes by name."""
    said = [payload.get("title"), payload.get("description"), payload.get("tags")]
    texts = [_joined(value) for value in said if value]
    for field, kind in schema.attributes.items():
        if kind is FieldType.KEYWORD and payload.get(field):
            texts.append(f"{field}: {_joined(payload[field])}")
    return ". ".join(texts)[:_LONGEST]


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _image(data: bytes) -> Image.Image | None:
    try:
        return decode_image(data)
    except ImageError:
        return None
