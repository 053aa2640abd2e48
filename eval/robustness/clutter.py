"""The corruption by surroundings: the picture, smaller, somewhere on a busy background."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from eval.robustness.scale import REFERENCE_SIDE, reduced_size

_LEAVES = 400
_SMALLEST, _LARGEST = 6.0, 90.0
"""Radii of the leaves, in reference pixels."""


def busy_background(image: Image.Image, share: float, random: np.random.Generator) -> Image.Image:
    """The picture reduced to `share` (0-1) of the area, anywhere on generated clutter.

    Clutter, not another picture of the gallery: what a search finds for a second real object in
    the query would not be wrong.
    """
    canvas = dead_leaves(image.size, random)
    side = math.sqrt(share)
    width, height = (max(1, round(length * side)) for length in image.size)
    left = round(float(random.random()) * (image.width - width))
    top = round(float(random.random()) * (image.height - height))
    canvas.paste(image.resize((width, height), Image.Resampling.BICUBIC), (left, top))
    return canvas


def dead_leaves(size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """RGB clutter of `size`: overlapping coloured discs.

    The dead leaves model (Lee, Mumford & Huang 2001): radii with density 1/r^3, so that edges of
    all scales are as frequent as in natural images. The draws do not depend on `size`.
    """
    width, height = reduced_size(size, REFERENCE_SIDE)
    places = random.random((_LEAVES, 2))
    low, high = _SMALLEST**-2, _LARGEST**-2
    radii = (low - random.random(_LEAVES) * (low - high)) ** -0.5
    colours = random.integers(0, 256, (_LEAVES, 3))
    canvas = Image.new("RGB", (width, height), tuple(colours[0].tolist()))
    draw = ImageDraw.Draw(canvas)
    for (across, down), radius, colour in zip(places, radii, colours, strict=True):
        x, y = across * width, down * height
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(colour.tolist()))
    return canvas.resize(size, Image.Resampling.BICUBIC)
