"""Texts and images of requests to vectors: each request on its own, or several in one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from PIL import Image

from app.batching import Batcher, Pace, Vector
from app.http.lanes import Lanes
from app.http.parts import image_bytes
from app.telemetry import Telemetry
from core.errors import BinocleError, ImageError
from encoders.encoder import Encoder, PixelEncoder, Vectors, detail
from encoders.images import decode_image

Rows = Vectors | list[Vector]


class Embedder(Protocol):
    """What POST /v1/embeddings asks. Its errors name the input's field."""

    def start(self) -> None:
        """Begin, on the running event loop."""
        ...

    async def close(self) -> None:
        """End. Idempotent."""
        ...

    async def texts(self, texts: Sequence[str]) -> Rows:
        """float32 (n, dim)."""
        ...

    async def images(self, images: Sequence[str]) -> Rows:
        """float32 (n, dim) of image files as base64."""
        ...


class LaneEmbedder:
    """Every request runs by itself, in the lane for its kind."""

    def __init__(self, encoder: Callable[[], Encoder], lanes: Lanes, max_pixels: int) -> None:
        self._encoder = encoder
        self._lanes = lanes
        self._max_pixels = max_pixels

    def start(self) -> None:
        """Nothing to begin."""

    async def close(self) -> None:
        """Nothing to end: the lanes are another's."""

    async def texts(self, texts: Sequence[str]) -> Rows:
        """float32 (n, dim)."""
        return await self._lanes.search.run(lambda: self._encoder().encode_texts(texts))

    async def images(self, images: Sequence[str]) -> Rows:
        """float32 (n, dim) of image files as base64."""

        def run() -> Vectors:
            encoder = self._encoder()
            return encoder.encode_images(decoded(images, encoder, self._max_pixels))

        return await self._lanes.image.run(run)


class BatchEmbedder:
    """Requests share the runs of the towers; images are decoded beside, in the image lane."""

    def __init__(
        self,
        encoder: Callable[[], Encoder],
        lanes: Lanes,
        max_pixels: int,
        pace: Pace,
        telemetry: Telemetry,
    ) -> None:
        self._encoder = encoder
        self._lanes = lanes
        self._max_pixels = max_pixels
        self._texts: Batcher[str] = Batcher(
            "text", lambda texts: encoder().encode_texts(texts), pace, telemetry
        )
        self._images: Batcher[Any] = Batcher("image", self._encode_images, pace, telemetry)

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._texts.start()
        self._images.start()

    async def close(self) -> None:
        """End; what waits is cancelled. Idempotent."""
        await self._texts.close()
        await self._images.close()

    async def texts(self, texts: Sequence[str]) -> Rows:
        """float32 (n, dim)."""
        return _rows(await self._texts.encode(texts), "texts")

    async def images(self, images: Sequence[str]) -> Rows:
        """float32 (n, dim) of image files as base64."""
        prepared = await self._lanes.image.run(lambda: self._prepared(images))
        return _rows(await self._images.encode(prepared), "images")

    def _prepared(self, images: Sequence[str]) -> list[Any]:
        """What the image tower takes: preprocessed where that can run apart from it."""
        encoder = self._encoder()
        opened = decoded(images, encoder, self._max_pixels)
        if isinstance(encoder, PixelEncoder):
            return [encoder.pixels(image) for image in opened]
        return list(opened)

    def _encode_images(self, prepared: Sequence[Any]) -> Vectors:
        encoder = self._encoder()
        if isinstance(encoder, PixelEncoder):
            return encoder.encode_pixels(prepared)
        return encoder.encode_images(prepared)


def decoded(images: Sequence[str], encoder: Encoder, max_pixels: int) -> list[Image.Image]:
    """The images, as large as the encoder can use them. Raises ImageError and InvalidRequest."""
    found = []
    for at, text in enumerate(images):
        field = f"images.{at}"
        data = image_bytes(text, field)
        try:
            found.append(decode_image(data, max_pixels=max_pixels, at_least=detail(encoder)))
        except ImageError as error:
            error.field = field
            raise
    return found


def _rows(results: Sequence[Vector | Exception], kind: str) -> list[Vector]:
    for at, result in enumerate(results):
        if isinstance(result, Exception):
            if isinstance(result, BinocleError) and result.field is None:
                result.field = f"{kind}.{at}"
            raise result
    return [np.asarray(row) for row in results]
