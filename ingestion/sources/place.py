"""Where a catalog file lies: on this machine, on the web or in an object store; maybe packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, cast
from urllib.parse import urljoin, urlsplit

import zstandard

from core.errors import SourceError
from ingestion.sources.away import beside_archive, open_away, parted, scheme_of
from ingestion.sources.downloads import download

COMPRESSED: Mapping[str, Callable[[BinaryIO], BinaryIO]] = MappingProxyType(
    {
        ".gz": lambda raw: cast(BinaryIO, gzip.GzipFile(fileobj=raw)),
        ".bz2": lambda raw: cast(BinaryIO, bz2.BZ2File(raw)),
        ".xz": lambda raw: cast(BinaryIO, lzma.LZMAFile(raw)),  # noqa: SIM115 - closed by who reads
        ".zst": lambda raw: cast(
            BinaryIO,
            # several frames in a row, as `zstd` and parallel writers leave them
            zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True),
        ),
    }
)
"""How files are unpacked, by the last ending of their names."""
_SHORT = {".tgz": (".tar", ".gz"), ".tbz2": (".tar", ".bz2"), ".txz": (".tar", ".xz")}
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, gzip.BadGzipFile)
"""What unpackers raise for what they can't unpack."""


@dataclass(frozen=True)
class Place:
    """One file.

    Attributes:
        address: a path, a URL of http or https, or one that fsspec knows, such as s3://b/c.csv.
        format: endings that say how to read it, such as '.csv.gz', where the name does not.
        shown: what people are told instead of the address.
        home: folder that relative names in it are below; None is the file's own.
    """

    address: str
    format: str = ""
    shown: str = ""
    home: Path | None = None

    @classmethod
    def of(cls, place: Path | Place) -> Place:
        return place if isinstance(place, Place) else cls(str(place))

    @property
    def name(self) -> str:
        """For people."""
        return self.shown or self.address

    @property
    def ending(self) -> str:
        """The format's ending in lower case, without that of the packing: 'a.CSV.gz' is '.csv'."""
        return self._endings()[0]

    @property
    def packing(self) -> str:
        """'.gz' and the like, or ''."""
        return self._endings()[1]

    @property
    def local(self) -> Path | None:
        """The file as it is on this machine; None for one that is elsewhere."""
        return None if scheme_of(self.address) else Path(self.address)

    def beside(self, name: str) -> Path | str:
        """A file named relative to this one's folder: a path, or a URL for one that is away."""
        if self.home is not None:
            return self.home / name
        folder = _folder_of(self.address)
        if folder is not None:
            return Path(os.path.join(folder, name))  # noqa: PTH118 - parses the path once
        if scheme_of(self.address) in ("http", "https"):
            return urljoin(self.address, name)
        inner, archive = parted(self.address)
        url = f"{inner.rpartition('/')[0]}/{name.removeprefix('./')}{archive}"
        return beside_archive(url, name) or url

    @contextmanager
    def reading(self) -> Iterator[BinaryIO]:
        """The unpacked bytes from the start. Raises SourceError, also in the block where it fails.

        A file that is neither packed nor in an object store can be sought in.
        """
        try:
            with self._raw() as raw:
                unpack = COMPRESSED.get(self.packing)
                if unpack is None:
                    yield raw
                else:
                    with unpack(raw) as stream:
                        yield stream
        except DAMAGED as error:
            raise SourceError(f"{self.name} is damaged: {error}.") from error
        except OSError as error:
            raise SourceError(f"Can't read {self.name}: {error.strerror or error}.") from error

    def whole(self) -> bytes | None:
        """All bytes of a packed file, for formats that have to seek; None for others."""
        if not (self.packing or parted(self.address)[1]):
            return None
        with self.reading() as stream:
            return stream.read()

    @contextmanager
    def _raw(self) -> Iterator[BinaryIO]:
        scheme = scheme_of(self.address)
        if scheme in ("http", "https"):
            with download(self.address).open("rb") as stream:
                yield stream
        elif scheme:
            with open_away(self.address) as stream:
                yield stream
        else:
            with Path(self.address).open("rb") as stream:
                yield stream

    def _file_name(self) -> str:
        if scheme_of(self.address) in ("http", "https"):
            return PurePosixPath(urlsplit(self.address).path).name
        inner = parted(self.address)[0] if scheme_of(self.address) else self.address
        return PurePosixPath(inner).name

    def _endings(self) -> tuple[str, str]:
        name = f"x{self.format}" if self.format else self._file_name().lower()
        last = PurePosixPath(name).suffix
        if last in _SHORT:
            return _SHORT[last]
        if last in COMPRESSED:
            return PurePosixPath(name[: -len(last)]).suffix, last
        return last, ""


def _folder_of(address: str) -> str | None:
    """The folder of a file on this machine: asked for every row."""
    # A Path would be parsed for every row, and the present folder asked of the system.
    present = "" if address.startswith("/") else os.getcwd()  # noqa: PTH109
    return _folder_from(present, address)


@lru_cache(maxsize=64)
def _folder_from(present: str, address: str) -> str | None:
    if scheme_of(address):
        return None
    return str(Path(present, address).parent)


def buffered(stream: BinaryIO) -> io.BufferedReader:
    """`stream` for reading by lines and in small parts."""
    return stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(_Raw(stream))


class _Raw(io.RawIOBase):
    """Any readable object as Python's own readers want one."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        found = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)
