"""The images of items, as large as they are looked at one by one."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from app.items import Items
from app.search.pictures import original_picture
from app.search.policy import ANYONE, Viewer
from app.wiring import Wiring
from core.errors import ImageError
from encoders.images import decode_image
from ingestion.fetch import fetch_image
from ingestion.payload import IMAGE, SHA256, THUMBNAIL

_QUALITY = 85


@dataclass(frozen=True)
class LargeImage:
    """A WebP file. tag: tells it from others, for caches; data: None where the asker has it."""

    tag: str
    data: bytes | None


@dataclass(frozen=True)
class ItemImages:
    """Reads images where items say that they are. Safe to call from several threads."""

    wiring: Wiring

    def large(
        self, collection: str, item_id: str, viewer: Viewer = ANYONE, *, known: str = ""
    ) -> LargeImage:
        """The image that the item was indexed from, scaled down to `images.shown_side` pixels.

        It is written anew: what else its file holds, such as where a photo was taken, is left out.
        Where the file is gone or another by now, where it was sent and not kept, or where its
        server does not give it, it is the thumbnail.

        Args:
            known: tags of what the asker has, in any form that contains them.

        Raises ItemNotFound, also for items that the viewer may not see, and NotFound where there
        is no thumbnail either.
        """
        payload = Items(self.wiring).read(collection, item_id, viewer).payload
        side = self.wiring.settings.images.shown_side
        tag = f"{payload.get(SHA256, '')}-{side}"
        if payload.get(SHA256) and tag in known:
            return LargeImage(tag, None)
        data = self._from_source(payload, side) if side else None
        if data is not None:
            return LargeImage(tag, data)
        address = str(payload.get(THUMBNAIL, ""))
        return LargeImage(address, self.wiring.thumbnails(collection).read(address))

    def _from_source(self, payload: Mapping[str, Any], side: int) -> bytes | None:
        data = original_picture(payload) or self._fetched(payload)
        if data is None:
            return None
        try:
            image = decode_image(
                data, max_pixels=self.wiring.settings.images.max_pixels, at_least=side
            )
        except ImageError:
            return None
        image.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        stream = io.BytesIO()
        image.save(stream, "WEBP", quality=_QUALITY, method=0)  # a person waits for it
        return stream.getvalue()

    def _fetched(self, payload: Mapping[str, Any]) -> bytes | None:
        address = str(payload.get(IMAGE, ""))
        if not address.startswith(("https://", "http://")):
            return None
        try:
            data = fetch_image(address, self.wiring.limits().fetch)
        except ImageError:
            return None
        return data if hashlib.sha256(data).hexdigest() == payload.get(SHA256) else None
