"""Lengths in pixels that mean the same in a thumbnail and in a photo.

Hendrycks & Dietterich (2019) corrupt pictures of 224 x 224 pixels, and their parameters are pixels
of such pictures. Here a *reference pixel* is 1/224 of the picture's shorter side, so that a blur of
3 reference pixels is as strong in a photo of 4,000 pixels as in one of 400.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

REFERENCE_SIDE = 224
"""The shorter side, in pixels, at which the paper's parameters are meant."""


def reference_pixel(image: Image.Image) -> float:
    """How many pixels of `image` one reference pixel is; below 1 for small pictures."""
    return min(image.size) / REFERENCE_SIDE


def reduced_size(size: tuple[int, int], short_side: int) -> tuple[int, int]:
    """(width, height) of the same proportions whose shorter side is at most `short_side`."""
    scale = min(1.0, short_side / min(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def grain(size: tuple[int, int], random: np.random.Generator) -> NDArray[np.float32]:
    """float32 (height, width, 3): standard normal noise with grains of one reference pixel.

    Noise of single pixels would vanish from a large photo when a tower scales it down.
    """
    width, height = reduced_size(size, REFERENCE_SIDE)
    coarse = random.standard_normal((height, width, 3), dtype=np.float32)
    rows = np.arange(size[1]) * height // size[1]
    columns = np.arange(size[0]) * width // size[0]
    return np.ascontiguousarray(coarse[rows][:, columns])
