"""Circles and boxes on the globe, compiled to the embedded engine's.

Two traits of the engine are mended here. Its boxes leave out their edges and ours hold them, so
edges move out by the last bit. And the tiles by which its index finds the places of a large shape
miss some at the corners (one circle of a thousand loses a point; a box of more than 315 degrees
across the date line most), so a large shape is checked point by point against the index's own
coordinates: for shapes of that size it costs the same.
"""

from __future__ import annotations

import math

import qdrant_edge as engine

from core.filters import Box, Near

_MAX_RADIUS_M = 20_037_508.0
"""Half the length of the equator: every place on Earth lies within it."""
_LARGE_KM = 25.0
_LARGE_DEGREES = 0.5


def circle(near: Near) -> engine.Filter:
    """The places within the distance of `near`."""
    shape = engine.GeoRadius(
        engine.GeoPoint(lon=near.lon, lat=near.lat), min(near.km * 1000, _MAX_RADIUS_M)
    )
    condition = engine.FieldCondition(near.field, geo_radius=shape)
    return _selecting(condition, large=near.km > _LARGE_KM)


def box(part: Box) -> engine.Filter:
    """The places in the box and on its edges."""
    shape = engine.GeoBoundingBox(
        engine.GeoPoint(lon=_out(part.west, -180.0), lat=_out(part.north, 90.0)),
        engine.GeoPoint(lon=_out(part.east, 180.0), lat=_out(part.south, -90.0)),
    )
    condition = engine.FieldCondition(part.field, geo_bounding_box=shape)
    width, height = part.east - part.west, part.north - part.south
    small = 0 <= width <= _LARGE_DEGREES and height <= _LARGE_DEGREES
    return _selecting(condition, large=not small)


def _selecting(condition: engine.FieldCondition, *, large: bool) -> engine.Filter:
    if not large:
        return engine.Filter(must=[condition])
    # The engine never walks an index to answer a "not": it asks of each point.
    return engine.Filter(must_not=[engine.Filter(must_not=[condition])])


def _out(edge: float, limit: float) -> float:
    """The next number beyond `edge` on the way to `limit` of the same side."""
    return math.nextafter(edge, limit)
