"""Small pictures inside the page: WebP as data URIs, within a limit of bytes."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from PIL import Image

from core.errors import ImageError
from core.items import ImageSource
from encoders.images import decode_image, read_file
from ingestion.fetch import Fetcher

_QUALITY = 70


@dataclass(frozen=True)
class Thumbnail:
    """A data URI with its size in pixels, or the reason why there is none."""

    uri: str = ""
    width: int = 0
    height: int = 0
    missing: str = ""


class Thumbnails:
    """Makes thumbnails until they have used up `budget` bytes of the page.

    Args:
        budget: bytes of all data URIs together.
        side: longest side of a thumbnail, in pixels.
        fetcher: reads images that are URLs; without one they are not shown.
    """

    def __init__(self, budget: int, side: int = 144, fetcher: Fetcher | None = None) -> None:
        self._left = budget
        self._side = side
        self._fetcher = fetcher
        self._made: dict[ImageSource, Thumbnail] = {}

    def of(self, source: ImageSource) -> Thumbnail:
        """The same picture is decoded once, but costs its bytes each time that it is shown."""
        if source not in self._made:
            self._made[source] = self._make(source)
        made = self._made[source]
        if len(made.uri) > self._left:
            return Thumbnail(missing="left out: the page has no room for more pictures")
        self._left -= len(made.uri)
        return made

    def _make(self, source: ImageSource) -> Thumbnail:
        try:
            data = self._read(source)
            if data is None:
                return Thumbnail(missing="not fetched")
            image = decode_image(data, at_least=2 * self._side)
        except ImageError:
            return Thumbnail(missing="can't be read")
        scale = min(1.0, self._side / max(image.size))
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        stream = io.BytesIO()
        image.resize(size, Image.Resampling.LANCZOS).save(stream, "WEBP", quality=_QUALITY)
        text = base64.b64encode(stream.getvalue()).decode()
        return Thumbnail(f"data:image/webp;base64,{text}", *size)

    def _read(self, source: ImageSource) -> bytes | None:
        if source.data is not None:
            return source.data
        if source.path is not None:
            return read_file(source.path)
        return self._fetcher.fetch(source.url) if self._fetcher and source.url else None
