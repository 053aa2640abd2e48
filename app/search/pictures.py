"""The stored image of an item, for queries by a region of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import ImageError, NotFound
from encoders.images import read_file
from ingestion.payload import IMAGE, SHA256, THUMBNAIL
from ingestion.thumbnails import ThumbnailStore


def stored_picture(thumbnails: ThumbnailStore, payload: Mapping[str, Any]) -> bytes | None:
    """The file that the item was indexed from, where it still lies there unchanged; else its
    thumbnail (longest side 320 pixels); None where there is neither."""
    original = original_picture(payload)
    if original is not None:
        return original
    try:
        return thumbnails.read(str(payload.get(THUMBNAIL, "")))
    except NotFound:
        return None


def small_picture(thumbnails: ThumbnailStore, payload: Mapping[str, Any]) -> bytes | None:
    """The thumbnail, or where there is none the file as `stored_picture` finds it."""
    try:
        return thumbnails.read(str(payload.get(THUMBNAIL, "")))
    except NotFound:
        return original_picture(payload)


def original_picture(payload: Mapping[str, Any]) -> bytes | None:
    """The file that the item was indexed from; None where it does not lie there unchanged."""
    reference = str(payload.get(IMAGE, ""))
    path = Path(reference)
    if "://" in reference or not path.is_absolute() or not path.is_file():
        return None
    try:
        data = read_file(path)
    except ImageError:
        return None
    return data if hashlib.sha256(data).hexdigest() == payload.get(SHA256) else None
