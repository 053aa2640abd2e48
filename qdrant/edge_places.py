"""Circles and boxes on the globe, compiled to the embedded engine's.

The engine's boxes leave out their edges, and ours hold them: so edges move out by the last bit. At
the date line, where there is no further out, a box is spelled otherwise.
"""

from __future__ import annotations

import math

import qdrant_edge as engine

from core.filters import Box, Near

_MAX_RADIUS_M = 20_037_508.0
"""Half the length of the equator: every place on Earth lies within it."""


def circle(near: Near) -> engine.FieldCondition:
    """The places within the distance of `near`."""
    shape = engine.GeoRadius(
        engine.GeoPoint(lon=near.lon, lat=near.lat), min(near.km * 1000, _MAX_RADIUS_M)
    )
    return engine.FieldCondition(near.field, geo_radius=shape)


def box(part: Box) -> engine.FieldCondition:
    """The places in the box and on its edges."""
    west, east = _meridians(part.west, part.east)
    north = min(math.nextafter(part.north, math.inf), 90.0)
    south = max(math.nextafter(part.south, -math.inf), -90.0)
    shape = engine.GeoBoundingBox(
        engine.GeoPoint(lon=west, lat=north), engine.GeoPoint(lon=east, lat=south)
    )
    return engine.FieldCondition(part.field, geo_bounding_box=shape)


def _meridians(west: float, east: float) -> tuple[float, float]:
    """Edges just outside `west` and `east`; the first exceeds the second across the date line."""
    if west == -180.0 and east == 180.0:
        return 0.0, math.nextafter(0.0, math.inf)  # east of 0, or not: everywhere
    if west == -180.0:
        west = 180.0  # the same meridian by its other name
    if east == 180.0:
        east = -180.0
    return math.nextafter(west, -math.inf), math.nextafter(east, math.inf)
