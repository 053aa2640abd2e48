"""Circles and boxes on the globe, as Qdrant takes them, whichever engine runs it.

Two traits of the engine are mended. Its boxes leave out their edges and ours hold them, so edges
move out by the last bit. And the tiles by which its index finds the places of a large shape miss
some at the corners (one circle of a thousand loses a point; a box of more than 315 degrees across
the date line most), so a large shape is to be checked point by point against the index's own
coordinates: for shapes of that size it costs the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.filters import Box, Near

_MAX_RADIUS_M = 20_037_508.0
"""Half the length of the equator: every place on Earth lies within it."""
_LARGE_KM = 25.0
_LARGE_DEGREES = 0.5


@dataclass(frozen=True)
class Edges:
    """A box in degrees that leaves out its edges."""

    north: float
    west: float
    south: float
    east: float


def radius_m(near: Near) -> float:
    """The radius in metres, no longer than half the equator."""
    return min(near.km * 1000, _MAX_RADIUS_M)


def edges(box: Box) -> Edges:
    """The next box beyond the edges of `box`."""
    return Edges(
        north=_out(box.north, 90.0),
        west=_out(box.west, -180.0),
        south=_out(box.south, -90.0),
        east=_out(box.east, 180.0),
    )


def is_large(shape: Near | Box) -> bool:
    """Whether the index's tiles can't be trusted with the shape."""
    if isinstance(shape, Near):
        return shape.km > _LARGE_KM
    width, height = shape.east - shape.west, shape.north - shape.south
    return not (0 <= width <= _LARGE_DEGREES and height <= _LARGE_DEGREES)


def _out(edge: float, limit: float) -> float:
    """The next number beyond `edge` on the way to `limit` of the same side."""
    return math.nextafter(edge, limit)
