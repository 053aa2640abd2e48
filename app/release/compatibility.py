"""Whether the vectors of one encoder's images are those of another's: then only texts are new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.reembedding.base import Base
from app.reembedding.images import Images
from app.wiring import Wiring
from core.errors import BinocleError, EncoderMismatch
from encoders.encoder import Encoder, detail
from encoders.images import decode_image
from ingestion.fetch import Fetcher


@dataclass(frozen=True)
class Likeness:
    """Images that both towers encoded. least: the smallest cosine of the two vectors of one."""

    images: int
    least: float


def likeness(wiring: Wiring, base: Base, old: Encoder, new: Encoder, *, sample: int) -> Likeness:
    """Both image towers on images of the collection: the first ones by the hashes of their ids.

    Raises EncoderMismatch where the vectors have other lengths, or no image can be had.
    """
    if old.dim != new.dim:
        raise EncoderMismatch(
            f"{old.name} has {old.dim} dimensions, {new.name} has {new.dim}: their vectors can't "
            "stand beside each other.",
            hint="Leave 'text_only' out: all images are encoded then.",
        )
    size = max(detail(old), detail(new))
    images = list(_images(wiring, base, sample, size))
    if not images:
        raise EncoderMismatch(
            "No image of the collection can be had, to compare the two image towers by.",
            hint="Leave 'text_only' out, or give the catalog's images back.",
        )
    cosines = np.einsum("nd,nd->n", old.encode_images(images), new.encode_images(images))
    return Likeness(len(images), float(cosines.min()))


def _images(wiring: Wiring, base: Base, sample: int, size: int) -> Iterator[Image.Image]:
    limits = wiring.limits()
    with closing(Fetcher(limits.fetch.for_loads())) as fetcher:
        reader = Images(wiring.thumbnails(base.collection), fetcher, limits)
        left = sample
        for page in base.pages(vectors=False):
            for point in page:
                if not left:
                    return
                try:
                    data, _ = reader.read(point.payload)
                    image = decode_image(data, max_pixels=limits.max_pixels, at_least=size)
                except BinocleError:
                    continue  # another one will do
                left -= 1
                yield image
