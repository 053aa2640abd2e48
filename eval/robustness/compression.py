"""The corruption by saving: JPEG."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from eval.robustness.scale import REFERENCE_SIDE, reduced_size


def jpeg(image: Image.Image, quality: float, _random: np.random.Generator) -> Image.Image:
    """Saved as JPEG of `quality` (1-100), colours at half resolution, and enlarged again.

    A larger picture is first reduced to a shorter side of 224 pixels, as in the paper: in the file
    of a large photo the blocks of 8 x 8 pixels would be too small for a tower to see.
    """
    small = image.resize(reduced_size(image.size, REFERENCE_SIDE), Image.Resampling.BICUBIC)
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=round(quality), subsampling="4:2:0")
    with Image.open(stream, formats=("JPEG",)) as saved:
        return saved.convert("RGB").resize(image.size, Image.Resampling.BICUBIC)
