"""Circles and boxes on the globe, compiled to the embedded engine's; see qdrant.places."""

from __future__ import annotations

import qdrant_edge as engine

from core.filters import Box, Near
from qdrant.places import edges, is_large, radius_m


def circle(near: Near) -> engine.Filter:
    """The places within the distance of `near`."""
    shape = engine.GeoRadius(engine.GeoPoint(lon=near.lon, lat=near.lat), radius_m(near))
    condition = engine.FieldCondition(near.field, geo_radius=shape)
    return _selecting(condition, large=is_large(near))


def box(part: Box) -> engine.Filter:
    """The places in the box and on its edges."""
    outer = edges(part)
    shape = engine.GeoBoundingBox(
        engine.GeoPoint(lon=outer.west, lat=outer.north),
        engine.GeoPoint(lon=outer.east, lat=outer.south),
    )
    condition = engine.FieldCondition(part.field, geo_bounding_box=shape)
    return _selecting(condition, large=is_large(part))


def _selecting(condition: engine.FieldCondition, *, large: bool) -> engine.Filter:
    if not large:
        return engine.Filter(must=[condition])
    # The engine never walks an index to answer a "not": it asks of each point.
    return engine.Filter(must_not=[engine.Filter(must_not=[condition])])
