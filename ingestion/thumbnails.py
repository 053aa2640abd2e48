"""Small copies of the images, for pages of hits: content-addressed WebP files."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from pathlib import Path

from PIL import Image

from core.errors import NotFound
from ingestion.disk import disk_errors

MAX_SIDE = 320
"""Longest side of a thumbnail, in pixels."""
_QUALITY = 80
_METHOD = 0  # twice as fast as the default's 4 and more, for files a third larger
_ADDRESS = re.compile(r"^[0-9a-f]{32}$")


class ThumbnailStore:
    """Thumbnails under `root`, each at ab/abcdef....webp by the SHA-256 of its bytes (128 bits).

    Safe to call from several threads and processes: files appear whole or not at all, and never
    change.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, image: Image.Image) -> str:
        """Stores a copy of an RGB image, longest side at most 320 pixels; its address.

        Raises StorageFull when the disk is, StoreError when it can't be written to.
        """
        data = _webp(image)
        address = hashlib.sha256(data).hexdigest()[:32]
        path = self.path(address)
        if not path.exists():
            with disk_errors():
                _write_whole(path, data)
        return address

    def read(self, address: str) -> bytes:
        """The WebP file. Raises NotFound."""
        try:
            return self.path(address).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"There is no thumbnail '{address}'.") from None

    def path(self, address: str) -> Path:
        """Where the thumbnail lies. Raises NotFound for what can't be an address."""
        if not _ADDRESS.match(address):
            raise NotFound(f"There is no thumbnail '{address}'.")
        return self._root / address[:2] / f"{address}.webp"


def _webp(image: Image.Image) -> bytes:
    small = image
    longest = max(image.size)
    if longest > MAX_SIDE:
        # Bilinear in Pillow averages over all pixels that shrink into one; bicubic costs double.
        size = tuple(max(1, round(side * MAX_SIDE / longest)) for side in image.size)
        small = image.resize((size[0], size[1]), Image.Resampling.BILINEAR, reducing_gap=1.0)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=_QUALITY, method=_METHOD)
    return stream.getvalue()


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
