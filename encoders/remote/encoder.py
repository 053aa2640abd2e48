"""An encoder that runs elsewhere: an Encoder over the HTTP API of an encoder service.

The service is `binocle serve --role encoder`, or any Binocle service. Images travel as PNG, which
loses nothing, so that vectors are those that the service's encoder gives for the same pixels.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence

import httpx
import numpy as np
from PIL import Image
from pydantic import ValidationError

from core.errors import EncoderError
from encoders.encoder import Vectors
from encoders.remote.facts import EncoderFacts, relevance_at
from encoders.remote.link import Link, Remote

_TEXTS_AT_ONCE = 128
_IMAGES_AT_ONCE = 16
"""In one request, whose answer has to come in the time for one; the service batches by itself."""
_AROUND = 1_000
"""Bytes of a request beside its images."""
_UNIT_TOLERANCE = 1e-3
_CHECK_S = 2.0


class RemoteEncoder:
    """The Encoder of a service. Safe to call from several threads; close it at the end.

    Args:
        url: such as http://encoder:8000.
        transport: instead of the network.

    Raises EncoderUnavailable where the service does not answer in time, and EncoderError where it
    refuses, now or at any call; also where its encoder changes while this one is in use.
    """

    def __init__(
        self,
        url: str,
        remote: Remote | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._link = Link(url, remote or Remote(), transport)
        try:
            self._facts = self._described()
        except EncoderError:
            self._link.close()
            raise

    @property
    def name(self) -> str:
        return self._facts.encoder

    @property
    def dim(self) -> int:
        return self._facts.dim

    @property
    def fingerprint(self) -> str:
        return self._facts.fingerprint

    @property
    def image_size(self) -> int:
        return self._facts.image_size

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dim). The service refuses empty texts: EncoderError."""
        most = min(self._facts.max_batch, _TEXTS_AT_ONCE)
        parts = (list(texts[at : at + most]) for at in range(0, len(texts), most))
        return self._joined([self._encoded("texts", part) for part in parts])

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """float32 (n, dim) from RGB images as large as the service's limit on bodies lets in."""
        return self._joined([self._encoded("images", part) for part in self._packed(images)])

    def relevance(self, cosine: float, query: str) -> float | None:
        """Calibrated probability, 0 to 1; None where the service's encoder is not calibrated."""
        curve = self._facts.relevance.get(query)
        return relevance_at(curve, cosine) if curve else None

    def check(self) -> None:
        """See whether the service is there and has the same encoder: one quick round trip.

        Raises EncoderUnavailable and EncoderError.
        """
        self._same(self._described(within_s=_CHECK_S).fingerprint)

    def close(self) -> None:
        """Close the connections. Idempotent."""
        self._link.close()

    def _described(self, within_s: float | None = None) -> EncoderFacts:
        try:
            found = self._link.ask("GET", "/v1/encoder", within_s=within_s)
            return EncoderFacts.model_validate(found)
        except ValidationError as error:
            where = ".".join(map(str, error.errors()[0]["loc"]))
            raise self._link.malformed(f"'{where}' is missing or wrong") from None

    def _packed(self, images: Sequence[Image.Image]) -> Iterator[list[str]]:
        """The images as base64 of PNG, in parts that the service takes in one request."""
        most = min(self._facts.max_batch, _IMAGES_AT_ONCE)
        part: list[str] = []
        size = _AROUND
        for image in images:
            text = self._png(image)
            full = size + len(text) > self._facts.max_body or len(part) >= most
            if part and full:
                yield part
                part, size = [], _AROUND
            part.append(text)
            size += len(text) + 4  # quotes and commas
        if part:
            yield part

    def _png(self, image: Image.Image) -> str:
        data = io.BytesIO()
        image.save(data, "PNG", compress_level=1)  # more of it takes longer than the network
        text = base64.b64encode(data.getbuffer()).decode()
        if len(text) + _AROUND > self._facts.max_body:
            raise EncoderError(
                f"An image of {image.width:,} x {image.height:,} pixels is larger than the encoder "
                f"service at {self._link.url} takes ({self._facts.max_body:,} bytes).",
                hint="Raise BINOCLE_HTTP__MAX_BODY there.",
            )
        return text

    def _encoded(self, kind: str, inputs: list[str]) -> Vectors:
        answer = self._link.ask("POST", "/v1/embeddings", {kind: inputs})
        self._same(answer.get("fingerprint"))
        try:
            rows = np.asarray(answer[kind], dtype=np.float32)
        except (KeyError, TypeError, ValueError):
            raise self._link.malformed(f"it gives no {kind}") from None
        if rows.shape != (len(inputs), self.dim):
            raise self._link.malformed(f"its {kind} have the shape {rows.shape}")
        if not np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=_UNIT_TOLERANCE):
            raise self._link.malformed(f"its {kind} are not of unit length")
        return rows

    def _joined(self, parts: Sequence[Vectors]) -> Vectors:
        return np.concatenate([np.empty((0, self.dim), np.float32), *parts])

    def _same(self, fingerprint: object) -> None:
        if fingerprint != self._facts.fingerprint:
            raise EncoderError(
                f"The encoder service at {self._link.url} has another encoder now ({fingerprint}; "
                f"it was {self._facts.fingerprint}): its vectors don't compare.",
                hint="Start this process again, on collections of that encoder.",
            )


def is_remote(spec: str) -> bool:
    """Whether an encoder's spec is the URL of a service."""
    return spec.startswith(("http://", "https://"))
