"""Regions of query images: cut out before they are encoded."""

from __future__ import annotations

import math

from PIL import Image

from app.search.query import Region
from core.errors import InvalidQuery

_LEAST = 4
"""Pixels on a side: less shows nothing."""


def needed_detail(at_least: int, region: Region | None) -> int:
    """How large to decode the image, shorter side in pixels, so that its region has `at_least`."""
    if region is None:
        return at_least
    return math.ceil(at_least / min(region.w, region.h))


def cut_out(image: Image.Image, region: Region | None, field: str) -> Image.Image:
    """The region of an upright image; the image itself for None.

    Raises InvalidQuery for less than 4 x 4 pixels.
    """
    if region is None:
        return image
    left, top = round(region.x * image.width), round(region.y * image.height)
    right = min(image.width, round((region.x + region.w) * image.width))
    bottom = min(image.height, round((region.y + region.h) * image.height))
    if min(right - left, bottom - top) < _LEAST:
        raise InvalidQuery(
            f"The region has {max(right - left, 0)} x {max(bottom - top, 0)} pixels.",
            hint=f"Take at least {_LEAST} x {_LEAST}.",
            field=field,
        )
    return image.crop((left, top, right, bottom))
