"""What an image looks like, whatever it shows: a vector of its colours and its texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from encoders.look import Look

_LIGHT = np.linspace(0.0, 1.0, 6)
_HUE = np.array([-0.2, -0.1, -0.04, 0.0, 0.04, 0.1, 0.2])
"""Places of the bins, in OKLab, along lightness and along each of the two axes of hue: closer where
it is pale, as most colours of things are."""
_ANGLES = 8
_LEVELS = (0.02, 0.08, 0.2)
"""Steps of lightness from a pixel to the next from which on they are soft, clear and sharp."""
_COLOURS = len(_LIGHT) * len(_HUE) ** 2
_TEXTURE = _ANGLES * len(_LEVELS) + 1
DIM = _COLOURS + _TEXTURE
"""Length of the vector."""
_TEXTURE_SHARE = 0.2
"""Of the cosine; the rest is the colours'."""


def appearance(look: Look) -> NDArray[np.float32]:
    """float32 (DIM,), unit length, without negative values: square roots of shares of the pixels.

    The cosine of two is the weighted sum of the Bhattacharyya coefficients of their histograms of
    colour and of edges (Comaniciu, Ramesh and Meer 2000; Dalal and Triggs 2005). A plain
    background counts in neither.
    """
    colours = _colours(look) * (1.0 - _TEXTURE_SHARE)
    texture = _texture(look) * _TEXTURE_SHARE
    vector = np.sqrt(np.concatenate([colours, texture]))
    unit: NDArray[np.float32] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def _colours(look: Look) -> NDArray[np.float64]:
    """Shares of the colours, sum 1: each pixel is spread over the eight bins around it."""
    pixels = look.lab[look.front]
    light, red, blue = (
        _spread(pixels[:, at], bins) for at, bins in enumerate((_LIGHT, _HUE, _HUE))
    )
    shares = np.zeros(_COLOURS)
    for l_at, l_share in light:
        for r_at, r_share in red:
            for b_at, b_share in blue:
                place = (l_at * len(_HUE) + r_at) * len(_HUE) + b_at
                weight = l_share * r_share * b_share
                shares += np.bincount(place, weights=weight, minlength=_COLOURS)
    return shares / len(pixels)


def _spread(
    values: NDArray[np.float32], bins: NDArray[np.float64]
) -> tuple[tuple[NDArray[np.intp], NDArray[np.float64]], ...]:
    """The two bins next to each value, with its share in each."""
    place = np.interp(values, bins, np.arange(len(bins)))
    lower = np.minimum(place.astype(np.intp), len(bins) - 2)
    above = place - lower
    return (lower, 1 - above), (lower + 1, above)


def _texture(look: Look) -> NDArray[np.float64]:
    """Shares of the pixels, sum 1, by how sharp an edge they are on and by its angle; last, those
    on none."""
    light = look.lab[:, :, 0]
    down, right = (np.asarray(steps) for steps in np.gradient(light))
    strength = np.hypot(down, right)
    # Most pixels are on no edge, and their angles, which take longest, count for nothing.
    edges = look.front & (strength >= np.float32(_LEVELS[0]))
    angle = np.mod(np.arctan2(down[edges], right[edges]), np.pi)  # the way it runs has no sign
    sector = np.minimum((angle / np.pi * _ANGLES).astype(np.intp), _ANGLES - 1)
    level = np.searchsorted(np.array(_LEVELS, dtype=np.float32), strength[edges], side="right")
    counts = np.bincount((level - 1) * _ANGLES + sector, minlength=_TEXTURE)
    counts[-1] = np.count_nonzero(look.front) - len(sector)
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares
