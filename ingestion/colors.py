"""Names of an image's dominant colours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from encoders.look import Look, cell_colours, oklab

PROTOTYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "black": ("#000000", "#1a1a1c"),
        "gray": ("#808080", "#5a5a5e", "#a8a8a8"),
        "white": ("#ffffff", "#ececec"),
        "brown": ("#6b4226", "#8b5a2b", "#3d2416", "#a47148"),
        "beige": ("#e8d9b5", "#d2b48c", "#c8b896"),
        "red": ("#d01c1c", "#ff0000", "#8b0d14"),
        "orange": ("#ff8000", "#e8743b"),
        "yellow": ("#ffe000", "#f4d03f", "#c9a800"),
        "green": ("#008000", "#3cb043", "#1f4d2b", "#90d070", "#7a7f3a"),
        "blue": ("#0000ff", "#1e5aa8", "#5b9bd5", "#16244a", "#00a0b0", "#a8cfe8"),
        "purple": ("#800080", "#7b4fa0", "#4b2a63", "#b79ad6"),
        "pink": ("#ff69b4", "#f4a6c0", "#e0307a", "#d98a9c"),
    }
)
"""The names there are, each with colours (sRGB) that are called so."""

_SHARE = 0.15
"""Least part of the pixels that makes a colour dominant."""
_MOST = 3


def colour_names(look: Look) -> tuple[str, ...]:
    """Up to three names, of the largest share first; a plain background is left out.

    Each pixel has the name of the prototype that is nearest, in OKLab, to the middle of its cell.
    """
    called = _names_of_cells()[look.cells[look.front]]
    counts = np.bincount(called, minlength=len(PROTOTYPES))
    order = np.argsort(-counts, kind="stable")
    wide = [at for at in order if counts[at] >= _SHARE * len(called)] or [order[0]]
    known = list(PROTOTYPES)
    return tuple(known[at] for at in wide[:_MOST])


@cache
def _names_of_cells() -> NDArray[np.uint8]:
    """uint8 (32768,): the number of the name of each cell of colours."""
    pairs = [(at, code) for at, codes in enumerate(PROTOTYPES.values()) for code in codes]
    channels = [[int(code[start : start + 2], 16) for start in (1, 3, 5)] for _, code in pairs]
    places = oklab(np.array(channels, dtype=np.uint8))
    cells = oklab(cell_colours())
    # |p - q|^2 without |p|^2, which is the same for every prototype
    apart = (places**2).sum(axis=1) - 2 * (cells @ places.T)
    names = np.array([at for at, _ in pairs], dtype=np.uint8)
    nearest: NDArray[np.uint8] = names[apart.argmin(axis=1)]
    return nearest
