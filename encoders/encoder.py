"""What the rest of Binocle asks of a pair of towers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Vectors: TypeAlias = NDArray[np.float32]


class Encoder(Protocol):
    """Two towers into one space.

    Rows of every answer are unit length, in the order of the input, and do not depend on the other
    members of the batch. Implementations are safe to call from several threads.
    """

    @property
    def name(self) -> str:
        """For people and logs, such as 'compact'."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """Names the weights and the preprocessing: equal only where vectors are comparable."""
        ...

    @property
    def image_size(self) -> int:
        """Side of the image tower's square input, in pixels: what `decode_image` may keep."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dim). Texts over the token limit are cut."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        """float32 (n, dim) from RGB images of any size, as `encoders.images.decode_image` gives."""
        ...

    def relevance(self, cosine: float, query: str) -> float | None:
        """Calibrated probability, 0 to 1, that an item of this cosine answers the query.

        `query` is the query's kind: 'text' or 'image'. None where the towers are not calibrated.
        """
        ...


@runtime_checkable
class PixelEncoder(Encoder, Protocol):
    """An Encoder whose image preprocessing can run apart from its tower, in other threads.

    `encode_images(images)` equals `encode_pixels([pixels(image) for image in images])`.
    """

    def pixels(self, image: Image.Image) -> NDArray[np.float32]:
        """The image tower's input, preprocessed: float32, the same shape for every image."""
        ...

    def encode_pixels(self, pixels: Sequence[NDArray[np.float32]]) -> Vectors:
        """float32 (n, dim) from n arrays of `pixels`."""
        ...


def detail(encoder: Encoder) -> int:
    """The `at_least` for `decode_image` that leaves the encoder all it can see, in pixels.

    Twice the tower's input: a JPEG reduced while decoding is then still reduced by the tower's own
    resize rule. Queries and items must be decoded alike, so everyone asks here.
    """
    return 2 * encoder.image_size
