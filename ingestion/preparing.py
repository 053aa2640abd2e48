"""From an item to what its encoder and its payload need: read, check, decode, reduce."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import EncoderError, ImageUnreadable
from core.items import ImageSource, Item
from encoders.encoder import Encoder, PixelEncoder, Vectors, detail
from encoders.images import decode, read_file
from ingestion.derive import NOTHING, Derive, Derived, derive
from ingestion.fetch import Fetcher
from ingestion.limits import Limits
from ingestion.payload import ImageFacts
from ingestion.thumbnails import MAX_SIDE, ThumbnailStore

log = logging.getLogger(__name__)

Input: TypeAlias = Image.Image | NDArray[np.float32]
"""What the encoder is given: pixels where it can take them, or else the image."""

Keep: TypeAlias = Callable[[str, bytes], None]
"""Is told the SHA-256, hexadecimal, and the bytes of an image file."""


@dataclass(frozen=True)
class Prepared:
    """An item whose image is decoded and reduced, waiting for the encoder."""

    item: Item
    facts: ImageFacts
    input: Input
    derived: Derived


@dataclass(frozen=True)
class Preparer:
    """Prepares items for one encoder. Safe to call from several threads.

    Args:
        derive: what to learn of each image beside its vector.
        keep: is given the images that no file holds, which can't be had again.
    """

    encoder: Encoder
    thumbnails: ThumbnailStore | None
    limits: Limits
    fetcher: Fetcher
    derive: Derive = NOTHING
    keep: Keep | None = None

    def read(self, image: ImageSource) -> bytes:
        """The image file's bytes, from wherever it is. Raises ImageUnreadable, ImageTooLarge."""
        if image.data is not None:
            return image.data
        if image.url is not None:
            return self.fetcher.fetch(image.url)
        if image.path is None:
            raise ImageUnreadable("The item has no image.")
        return read_file(image.path, max_bytes=self.limits.max_bytes)

    def prepare(self, item: Item, data: bytes) -> Prepared:
        """Decodes, makes the thumbnail and the encoder's input.

        Raises:
            ImageUnreadable, ImageTooLarge: as `decode_image`.
            StorageFull, StoreError: the thumbnail can't be written.
        """
        at_least = max(detail(self.encoder), MAX_SIDE)
        decoded = decode(data, max_pixels=self.limits.max_pixels, at_least=at_least)
        derived = derive(decoded.image, self.derive)
        sha256 = hashlib.sha256(data).hexdigest()
        if self.keep is not None and item.image.path is None:
            self.keep(sha256, data)
        facts = ImageFacts(
            width=decoded.width,
            height=decoded.height,
            sha256=sha256,
            thumbnail=self.thumbnails.put(decoded.image) if self.thumbnails else None,
            colors=derived.colors,
            phash=derived.likeness.hexadecimal if derived.likeness else "",
        )
        if self.pixels is not None:
            return Prepared(item, facts, self.pixels.pixels(decoded.image), derived)
        return Prepared(item, facts, decoded.image, derived)

    @cached_property
    def pixels(self) -> PixelEncoder | None:
        """The encoder where it takes pixels; looked up once, as it takes as long as small work."""
        return self.encoder if isinstance(self.encoder, PixelEncoder) else None


def encode(encoder: Encoder, inputs: Sequence[Input]) -> list[NDArray[np.float32] | None]:
    """The vector of each input; None where the encoder fails on that one alone.

    Raises EncoderError when the encoder fails on any image.
    """
    try:
        return list(_encode(encoder, inputs))
    except EncoderError:
        if not _works(encoder):
            raise
    vectors: list[NDArray[np.float32] | None] = []
    for one in inputs:
        try:
            vectors.append(_encode(encoder, [one])[0])
        except EncoderError:
            log.warning("The encoder failed on one image.", exc_info=True)
            vectors.append(None)
    return vectors


def _encode(encoder: Encoder, inputs: Sequence[Input]) -> Vectors:
    if isinstance(encoder, PixelEncoder):
        return encoder.encode_pixels([one for one in inputs if isinstance(one, np.ndarray)])
    return encoder.encode_images([one for one in inputs if isinstance(one, Image.Image)])


def _works(encoder: Encoder) -> bool:
    """Whether the encoder can encode anything at all: a plain grey image."""
    try:
        encoder.encode_images([Image.new("RGB", (64, 64), (128, 128, 128))])
    except EncoderError:
        return False
    return True
