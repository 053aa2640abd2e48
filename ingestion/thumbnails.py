"""Small copies of the images, for pages of hits: content-addressed WebP files."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
from pathlib import Path
from typing import IO

from PIL import Image

from core.errors import NotFound
from ingestion.blobs import open_blobs

MAX_SIDE = 320
"""Longest side of a thumbnail, in pixels."""
_QUALITY = 80
_METHOD = 0  # twice as fast as the default's 4 and more, for files a third larger
_ADDRESS = re.compile(r"^[0-9a-f]{32}$")
_STEM = re.compile(r"(?:^|/)([0-9a-f]{32})\.webp$")


class ThumbnailStore:
    """Thumbnails at `address`, a folder or a URL such as s3://bucket/thumbnails/shop, each at
    ab/abcdef....webp by the SHA-256 of its bytes (128 bits).

    Safe to call from several threads and processes: files appear whole or not at all, and never
    change.
    """

    def __init__(self, address: str | Path) -> None:
        self._files = open_blobs(address)

    def put(self, image: Image.Image) -> str:
        """Stores a copy of an RGB image, longest side at most 320 pixels; its address.

        Raises StorageFull when the disk is, StoreError when it can't be written to.
        """
        data = webp(image)
        address = hashlib.sha256(data).hexdigest()[:32]
        self._files.add(_name(address), data)
        return address

    def read(self, address: str) -> bytes:
        """The WebP file. Raises NotFound, and StoreUnavailable where a URL does not answer."""
        try:
            return self._files.read(_name(address))
        except FileNotFoundError:
            raise NotFound(f"There is no thumbnail '{address}'.") from None

    def copy_to(self, other: ThumbnailStore) -> None:
        """Adds all of them to another. Raises StoreError."""
        for name in self._files.names():
            other._files.add(name, self._files.read(name))

    def archive(self, stream: IO[bytes]) -> None:
        """Writes all of them as a tar file."""
        with tarfile.open(fileobj=stream, mode="w|") as archive:
            for name in self._files.names():
                data = self._files.read(name)
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))

    def unpack(self, stream: IO[bytes]) -> None:
        """Adds what `archive` wrote; anything else in the tar file is left alone."""
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for entry in archive:
                address = _STEM.search(entry.name)
                content = archive.extractfile(entry) if entry.isfile() and address else None
                if content is not None and address is not None:
                    self._files.add(_name(address[1]), content.read())

    def clear(self) -> None:
        """Removes all of them."""
        self._files.clear()


def _name(address: str) -> str:
    """The file of a thumbnail. Raises NotFound for what can't be an address."""
    if not _ADDRESS.match(address):
        raise NotFound(f"There is no thumbnail '{address}'.")
    return f"{address[:2]}/{address}.webp"


def webp(image: Image.Image) -> bytes:
    """The thumbnail of an RGB image: a WebP file, longest side at most 320 pixels."""
    small = image
    longest = max(image.size)
    if longest > MAX_SIDE:
        # Bilinear in Pillow averages over all pixels that shrink into one; bicubic costs double.
        size = tuple(max(1, round(side * MAX_SIDE / longest)) for side in image.size)
        small = image.resize((size[0], size[1]), Image.Resampling.BILINEAR, reducing_gap=1.0)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=_QUALITY, method=_METHOD)
    return stream.getvalue()
