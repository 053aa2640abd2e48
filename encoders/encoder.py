"""What the rest of Binocle asks of a pair of towers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

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
