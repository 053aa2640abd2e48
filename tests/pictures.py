"""Images for tests, made on the spot."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from tests.towers import COLOURS


def picture(colour: str = "red", size: tuple[int, int] = (48, 40), *, seed: int = 0) -> Image.Image:
    """An RGB image of one of the tiny towers' colours with a little noise, which `seed` draws."""
    noise = np.random.default_rng(seed).integers(-12, 13, (size[1], size[0], 3))
    pixels = np.clip(np.array(COLOURS[colour]) + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """The image's file, as bytes."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()
