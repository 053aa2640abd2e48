"""Circles and boxes on the globe, compiled to the embedded engine's.

The engine's boxes leave out their edges, and ours hold them: so edges move out by the last bit. At
the poles and the date line, where there is no further out, a box is spelled otherwise.
"""

from __future__ import annotations

import math

import qdrant_edge as engine

from core.filters import Box, Near

_MAX_RADIUS_M = 20_037_508.0
"""Half the length of the equator: every place on Earth lies within it."""
_POLE_M = 0.001
"""Radius of the circle that stands for a pole."""


def circle(near: Near) -> engine.FieldCondition:
    return _circle(near.field, near.lat, near.lon, min(near.km * 1000, _MAX_RADIUS_M))


def box(part: Box) -> engine.Filter:
    """The box with its edges; one that touches a pole holds the pole, whatever its longitudes."""
    west, east = _meridians(part.west, part.east)
    north = min(math.nextafter(part.north, math.inf), 90.0)
    south = max(math.nextafter(part.south, -math.inf), -90.0)
    inside = engine.FieldCondition(
        part.field,
        geo_bounding_box=engine.GeoBoundingBox(
            engine.GeoPoint(lon=west, lat=north), engine.GeoPoint(lon=east, lat=south)
        ),
    )
    poles = [
        _circle(part.field, pole, 0.0, _POLE_M)
        for pole, edge in ((90.0, part.north), (-90.0, part.south))
        if pole == edge
    ]
    return engine.Filter(should=[inside, *poles])


def _meridians(west: float, east: float) -> tuple[float, float]:
    """Edges just outside `west` and `east`; the first exceeds the second across the date line."""
    if west == -180.0 and east == 180.0:
        return 0.0, math.nextafter(0.0, math.inf)  # east of 0, or not: everywhere
    if west == -180.0:
        west = 180.0  # the same meridian by its other name
    if east == 180.0:
        east = -180.0
    return math.nextafter(west, -math.inf), math.nextafter(east, math.inf)


def _circle(field: str, lat: float, lon: float, radius_m: float) -> engine.FieldCondition:
    shape = engine.GeoRadius(engine.GeoPoint(lon=lon, lat=lat), radius_m)
    return engine.FieldCondition(field, geo_radius=shape)
