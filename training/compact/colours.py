"""Colour words read off an image's pixels, so that drawings teach 'red', not only 'flag'."""

from __future__ import annotations

import numpy as np
from PIL import Image

_HUES = (
    (15, "red"),
    (42, "orange"),
    (68, "yellow"),
    (165, "green"),
    (195, "turquoise"),
    (262, "blue"),
    (310, "purple"),
    (345, "pink"),
    (360, "red"),
)
"""Upper ends of the hue ranges in degrees, with their names."""


def colour_words(image: Image.Image, at_least: float = 0.2, most: int = 3) -> list[str]:
    """Names of the colours that cover `at_least` of the drawing, largest first.

    The background does not count: pixels of the most frequent corner colour are left out, unless
    that leaves less than a twentieth of the image.
    """
    small = np.asarray(image.resize((48, 48), Image.Resampling.BOX), dtype=np.int16)
    corners = small[[0, 0, -1, -1], [0, -1, 0, -1]]
    background = np.median(corners, axis=0)
    figure = small[np.abs(small - background).max(axis=2) > 24]
    if len(figure) < small.shape[0] * small.shape[1] / 20:
        figure = small.reshape(-1, 3)
    names = _names(figure)
    words, counts = np.unique(names, return_counts=True)
    order = np.argsort(-counts)
    return [str(words[i]) for i in order if counts[i] >= at_least * len(figure)][:most]


def _names(rgb: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> list[str]:
    hsv = Image.fromarray(rgb.astype(np.uint8)[None]).convert("HSV")
    return [_name(*map(int, pixel)) for pixel in np.asarray(hsv)[0]]


def _name(hue: int, saturation: int, value: int) -> str:
    if value < 50:
        return "black"
    if saturation < 45:
        return "white" if value > 215 else "grey"
    degrees = hue * 360 / 255
    if 8 < degrees < 48 and value < 170:
        return "brown"
    if (degrees <= 20 or degrees >= 335) and saturation < 130 and value > 190:
        return "pink"
    return next(name for end, name in _HUES if degrees <= end)
