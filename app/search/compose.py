"""Compose: the parts of a query -> one unit vector of the joint space.

The composition is the weighted sum of the parts' unit vectors, laid back on the sphere: it does not
depend on the order of the parts, and one part of positive weight is that part's own vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.search.query import IdPart, ImagePart, Part, TextPart, UrlPart, VectorPart
from core.errors import ImageError, InvalidQuery, ItemNotFound
from encoders.encoder import Encoder, Vectors, detail
from encoders.images import MAX_PIXELS, decode_image

_VANISHED = 1e-6
"""A sum this short, beside the sum of its weights, points nowhere in particular."""


@dataclass(frozen=True)
class Composed:
    """A query vector, float32 (dim,), unit length, and where it came from."""

    vector: NDArray[np.float32]
    kind: str | None  # 'text' or 'image': what relevance is calibrated for; None for a mix
    parts: Vectors  # of each part, float32 (n, dim), unit rows
    explanation: tuple[dict[str, object], ...]  # of each part: its kind, weight, and cosine


@dataclass(frozen=True)
class Composer:
    """Turns parts into vectors.

    Args:
        encoder: gives the encoder; asked only where there is something to encode.
        stored: the joint vector of an item, or None where there is none.
        fetch: the bytes of the image at a URL.
        dim: of the collection's joint space.
        max_pixels: largest image to decode.
    """

    encoder: Callable[[], Encoder]
    stored: Callable[[str], NDArray[np.float32] | None]
    fetch: Callable[[str], bytes]
    dim: int
    max_pixels: int = MAX_PIXELS

    def compose(self, parts: Sequence[Part]) -> Composed:
        """The query vector of one or more parts.

        Raises InvalidQuery (also where the parts cancel out), ItemNotFound and ImageError.
        """
        vectors = self._vectors(parts)
        weights = [part.weight for part in parts]
        vector = combined(vectors, weights)
        explanation = tuple(
            {"part": _KIND[type(part)], "weight": part.weight, "cosine": float(own @ vector)}
            for part, own in zip(parts, vectors, strict=True)
        )
        return Composed(vector, _relevance_kind(parts), vectors, explanation)

    def _vectors(self, parts: Sequence[Part]) -> Vectors:
        """float32 (n, dim), unit rows in the order of `parts`; texts and images run in batches."""
        answer = np.empty((len(parts), self.dim), dtype=np.float32)
        texts = {at: part.text for at, part in enumerate(parts) if isinstance(part, TextPart)}
        if texts:
            answer[list(texts)] = self.encoder().encode_texts(list(texts.values()))
        files = {at: self._file(part) for at, part in enumerate(parts) if _is_image(part)}
        if files:
            encoder = self.encoder()
            images = [self._decoded(at, data, detail(encoder)) for at, data in files.items()]
            answer[list(files)] = encoder.encode_images(images)
        for at, part in enumerate(parts):
            if isinstance(part, IdPart):
                answer[at] = self._item(part.id)
            elif isinstance(part, VectorPart):
                answer[at] = self._given(at, part.vector)
        return answer

    def _file(self, part: Part) -> bytes:
        if isinstance(part, UrlPart):
            return self.fetch(part.url)
        assert isinstance(part, ImagePart)
        return part.data

    def _decoded(self, at: int, data: bytes, at_least: int) -> Image.Image:
        try:
            return decode_image(data, max_pixels=self.max_pixels, at_least=at_least)
        except ImageError as error:
            error.field = error.field or f"query.{at}.image"
            raise

    def _item(self, item_id: str) -> NDArray[np.float32]:
        vector = self.stored(item_id)
        if vector is None:
            raise ItemNotFound(f"There is no item '{item_id}'.", field="id")
        return vector

    def _given(self, at: int, vector: tuple[float, ...]) -> NDArray[np.float32]:
        where = f"query.{at}.vector"
        if len(vector) != self.dim:
            raise InvalidQuery(
                f"The vector has {len(vector)} numbers; this collection's have {self.dim}.",
                field=where,
            )
        row = np.asarray(vector, dtype=np.float64)
        norm = float(np.linalg.norm(row))
        if not np.isfinite(norm) or norm == 0:
            raise InvalidQuery("The vector is zero or not finite.", field=where)
        unit: NDArray[np.float32] = (row / norm).astype(np.float32)
        return unit


def combined(vectors: Vectors, weights: Sequence[float]) -> NDArray[np.float32]:
    """float32 (dim,), unit length: the weighted sum of unit rows, normalised.

    Raises InvalidQuery where the rows cancel out.
    """
    if len(weights) == 1 and weights[0] > 0:
        own: NDArray[np.float32] = vectors[0]
        return own
    scale = np.asarray(weights, dtype=np.float64)[:, None]
    shares = vectors.astype(np.float64) * scale
    # Sorted columns: rounding must not make the sum depend on the order of the parts.
    total = np.sort(shares, axis=0).sum(axis=0)
    norm = float(np.linalg.norm(total))
    if norm <= _VANISHED * float(np.abs(scale).sum()):
        raise InvalidQuery(
            "The parts of the query cancel each other out.",
            hint="Change the weights or the parts.",
            field="query",
        )
    unit: NDArray[np.float32] = (total / norm).astype(np.float32)
    return unit


def _is_image(part: Part) -> bool:
    return isinstance(part, ImagePart | UrlPart)


def _relevance_kind(parts: Sequence[Part]) -> str | None:
    if len(parts) != 1 or parts[0].weight <= 0 or isinstance(parts[0], VectorPart):
        return None
    return "text" if isinstance(parts[0], TextPart) else "image"


_KIND: dict[type, str] = {
    TextPart: "text",
    ImagePart: "image",
    UrlPart: "image_url",
    IdPart: "id",
    VectorPart: "vector",
}
