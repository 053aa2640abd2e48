"""Where the image of an item can be had again: its file, its URL, what was kept of it, its
thumbnail."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from app.reembedding.originals import Originals
from core.errors import ImageError, ImageUnreadable, NotFound
from encoders.images import read_file
from ingestion.fetch import Fetcher
from ingestion.limits import Limits
from ingestion.payload import IMAGE, SHA256, THUMBNAIL
from ingestion.thumbnails import ThumbnailStore

log = logging.getLogger(__name__)


class Origin(StrEnum):
    """Where an image comes from."""

    FILE = "file"
    URL = "url"
    SENT = "sent"
    THUMBNAIL = "thumbnail"
    NONE = "none"


class Wish(StrEnum):
    """Which images may be used: originals and else thumbnails, or one of the two alone."""

    AUTO = "auto"
    ORIGINAL = "original"
    STORED = "stored"


def expected(
    payload: Mapping[str, Any], wish: Wish = Wish.AUTO, sent: Originals | None = None
) -> Origin:
    """Where the image will come from, as far as that can be told without reading it."""
    if wish is not Wish.STORED and sent is not None and sent.has(str(payload.get(SHA256, ""))):
        return Origin.SENT
    reference = str(payload.get(IMAGE, ""))
    if wish is not Wish.STORED and reference:
        path = _path(reference)
        if path is None:
            return Origin.URL
        if path.is_file():
            return Origin.FILE
    if wish is not Wish.ORIGINAL and payload.get(THUMBNAIL):
        return Origin.THUMBNAIL
    return Origin.NONE


@dataclass(frozen=True)
class Images:
    """Reads the images of items by their payloads. Safe to call from several threads.

    Args:
        sent: the images that were sent since the re-embedding began.
    """

    thumbnails: ThumbnailStore
    fetcher: Fetcher
    limits: Limits
    wish: Wish = Wish.AUTO
    sent: Originals | None = None

    def read(self, payload: Mapping[str, Any]) -> tuple[bytes, Origin]:
        """The image file that the item's vector was made of, or else its thumbnail.

        Raises ImageUnreadable, which says why there is none.
        """
        reasons: list[str] = []
        if self.wish is not Wish.STORED:
            found = self._original(payload, reasons)
            if found is not None:
                return found
        if self.wish is not Wish.ORIGINAL and payload.get(THUMBNAIL):
            try:
                return self.thumbnails.read(str(payload[THUMBNAIL])), Origin.THUMBNAIL
            except NotFound as error:
                reasons.append(error.message)
        raise ImageUnreadable(" ".join(reasons) or "No image of the item was kept.", field="image")

    def _original(
        self, payload: Mapping[str, Any], reasons: list[str]
    ) -> tuple[bytes, Origin] | None:
        known = str(payload.get(SHA256, ""))
        kept = self.sent.read(known) if self.sent is not None else None
        if kept is not None:
            return kept, Origin.SENT
        reference = str(payload.get(IMAGE, ""))
        if not reference:
            return None
        path = _path(reference)
        try:
            if path is None:
                data, origin = self.fetcher.fetch(reference), Origin.URL
            else:
                data, origin = read_file(path, max_bytes=self.limits.max_bytes), Origin.FILE
        except ImageError as error:
            reasons.append(error.message)
            return None
        if known and hashlib.sha256(data).hexdigest() != known:
            reasons.append(f"{reference} is another image by now than the one that was indexed.")
            return None
        return data, origin


def _path(reference: str) -> Path | None:
    """The file that is meant; None for a URL of another kind."""
    if reference.startswith("file://"):
        return Path(
            unquote_to_bytes(reference.removeprefix("file://")).decode("utf-8", "surrogateescape")
        )
    return None if "://" in reference else Path(reference)
