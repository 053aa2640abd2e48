"""An image, small, as eyes see its colours: OKLab, and what stands before a plain background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STEPS = 32
SIDE = 64
"""Pixels of a look's side: the whole image, squashed to a square."""
_EDGE_SPREAD, _SAME = 0.03, 0.06
"""How far (in OKLab) the pixels of the edge, and those of the background, may lie from their
median."""
_PLAIN = 0.9
"""Part of the edge that has to be of one colour to be background."""
_LEAST_OBJECT = 0.03
"""Part of the pixels below which nothing stands before the background, which then counts itself."""


@dataclass(frozen=True)
class Look:
    """A small copy of an image.

    lab: float32 (64, 64, 3), OKLab: lightness 0 to 1, then green-red and blue-yellow, each about
    -0.3 to 0.3; front: bool (64, 64), the pixels before a plain background, all where there is
    none; cells: uint16 (64, 64), the pixels' places in a table of colours (see `cell_colours`).
    """

    lab: NDArray[np.float32]
    front: NDArray[np.bool_]
    cells: NDArray[np.uint16]


def look_at(image: Image.Image) -> Look:
    """The look of an RGB image of any size.

    Where nine tenths of the edge are of one colour, that colour is background, as in photos of
    products.
    """
    small = image.resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    srgb = np.asarray(small, dtype=np.uint8)
    lab = oklab(srgb)
    return Look(lab, _front(lab), _cells(srgb))


def cell_colours() -> NDArray[np.uint8]:
    """uint8 (32768, 3): the sRGB colour in the middle of each cell, 5 bits of each channel."""
    steps = (np.arange(_STEPS, dtype=np.uint8) << 3) + 4
    red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
    return np.stack([red.ravel(), green.ravel(), blue.ravel()], axis=1)


def _cells(srgb: NDArray[np.uint8]) -> NDArray[np.uint16]:
    coarse = (srgb >> 3).astype(np.uint16)
    red, green, blue = coarse[..., 0], coarse[..., 1], coarse[..., 2]
    return ((red << 10) | (green << 5) | blue).astype(np.uint16, copy=False)


def oklab(srgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 (..., 3), OKLab of sRGB (..., 3) (https://bottosson.github.io/posts/oklab)."""
    lms = _LINEAR.take(srgb) @ _TO_LMS
    lab: NDArray[np.float32] = np.power(lms, _THIRD) @ _TO_LAB  # half the time of np.cbrt
    return lab


def _front(lab: NDArray[np.float32]) -> NDArray[np.bool_]:
    edge = np.concatenate([lab[0], lab[-1], lab[1:-1, 0], lab[1:-1, -1]])
    median = np.median(edge, axis=0)
    everything = np.ones(lab.shape[:2], dtype=np.bool_)
    if np.mean(_squared_distance(edge, median) < _EDGE_SPREAD**2) < _PLAIN:
        return everything
    before: NDArray[np.bool_] = _squared_distance(lab, median) >= _SAME**2
    return before if before.mean() >= _LEAST_OBJECT else everything


def _squared_distance(lab: NDArray[np.float32], point: NDArray[np.float32]) -> NDArray[np.float32]:
    apart = lab - point
    squared: NDArray[np.float32] = np.einsum("...c,...c->...", apart, apart)
    return squared


def _linear() -> NDArray[np.float32]:
    """Of each byte of sRGB its linear light, 0 to 1 (IEC 61966-2-1)."""
    share = np.arange(256) / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


_LINEAR = _linear()
_THIRD = np.float32(1 / 3)
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
).T.copy()
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
).T.copy()
