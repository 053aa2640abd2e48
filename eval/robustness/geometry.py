"""Corruptions that move or lose parts of the picture: crop, rotation, downscale."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from eval.robustness.scale import reduced_size, reference_pixel

_BICUBIC = Image.Resampling.BICUBIC


def crop(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """A window of `share` (0-1) of the area, anywhere in the picture, enlarged to its size."""
    side = math.sqrt(share)
    width, height = image.width * side, image.height * side
    left = float(random.random()) * (image.width - width)
    top = float(random.random()) * (image.height - height)
    return image.resize(image.size, _BICUBIC, box=(left, top, left + width, top + height))


def rotate(image: Image.Image, degrees: float, random: np.random.Generator) -> Image.Image:
    """Turned to a random side about the middle; the corners get the border's median colour."""
    turn = degrees if random.random() < 0.5 else -degrees
    return image.rotate(turn, _BICUBIC, fillcolor=border_colour(image))


def downscale(image: Image.Image, side: float, _random: np.random.Generator) -> Image.Image:
    """A thumbnail whose shorter side is `side` pixels, enlarged again.

    Of a picture whose own shorter side is below 224 pixels, in proportion fewer are left.
    """
    left = max(1, round(side * min(1.0, reference_pixel(image))))
    small = image.resize(reduced_size(image.size, left), Image.Resampling.BOX)
    return small.resize(image.size, _BICUBIC)


def border_colour(image: Image.Image) -> tuple[int, int, int]:
    """The median red, green and blue (0-255) of the picture's outermost pixels."""
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (round(float(level)) for level in np.median(border, axis=0))
    return red, green, blue
