"""Files that fsspec reaches: object stores and whatever else it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

from core.errors import ImageTooLarge, ImageUnreadable, SourceError

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "hf", "memory"})
"""Schemes that a catalog's images may have. No others: a chain of file systems or a local path in a
URL could lead anywhere."""
_IN_ARCHIVES = frozenset({"zip"})
"""Schemes that images may have beside a catalog in an archive, or in one themselves."""
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "hf": "hub"}


def scheme_of(address: str) -> str:
    """The scheme of a URL in lower case; '' for a path. 'file://' is a path's, too."""
    found = _SCHEME.match(address)
    return found[1].lower() if found and found[1].lower() != "file" else ""


def parted(address: str) -> tuple[str, str]:
    """A URL within an archive, and what follows: 'zip://a.csv' and '::/b.zip'. '' for others."""
    inner, mark, archive = address.partition("::")
    return inner, mark + archive


def bare(address: str) -> str:
    """A URL without its scheme and, within an archive, without the archive; a path as it is."""
    if not scheme_of(address):
        return address.removeprefix("file://")
    # File systems give 'memory:///a' for the 'memory://a' that was asked.
    return parted(address)[0].partition("://")[2].lstrip("/")


def whole_url(address: str) -> str:
    """Of a zip archive on this machine or in an object store, the URL of all that it holds, so that
    it is read as a folder; of a part of one, its URL from any folder. Others stay as they are.

    Raises SourceError for an archive on the web.
    """
    inner, archive = parted(address)
    if not archive and address.lower().endswith(".zip"):
        if scheme_of(address) in ("http", "https"):
            raise SourceError(
                f"Archives are not read from the web: {address}.",
                hint="Download it, and give the file.",
            )
        inner, archive = "zip://", f"::{address}"
    place = archive[2:]
    if not archive or scheme_of(place):
        return inner + archive
    return f"{inner}::{Path(place.removeprefix('file://')).expanduser().resolve()}"


def beside_archive(url: str, name: str) -> Path | None:
    """A file beside the archive on this machine that a URL leads into; None where the archive has
    what the URL says, or is elsewhere."""
    place = parted(url)[1][2:]
    if not place or scheme_of(place):
        return None
    system, path = file_system(url)
    return None if system.exists(path) else Path(place).parent / name


def file_system(address: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it. Raises SourceError where it can't be had."""
    scheme = scheme_of(address)
    try:
        system, path = fsspec.core.url_to_fs(address)
        return system, str(path)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        raise SourceError(
            f"'{scheme}://' needs a library that is not installed: {error}.",
            hint=f"pip install 'binocle[{extra}]'" if extra else "",
        ) from error
    except ValueError as error:
        raise SourceError(f"There is no file system for '{scheme}://': {error}.") from error
    except Exception as error:  # an archive that is damaged, or not there
        raise SourceError(f"Can't open {address}: {error or type(error).__name__}.") from error


@contextmanager
def open_away(address: str) -> Iterator[BinaryIO]:
    """A file at a URL that fsspec knows. Raises SourceError, also in the block where it fails."""
    system, path = file_system(address)
    try:
        with system.open(path, "rb") as stream:
            yield stream
    except SourceError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise SourceError(f"Can't read {address}: {error or type(error).__name__}.") from error


def list_away(pattern: str) -> list[str]:
    """URLs of the files at a URL: itself, those of a pattern, or those below a folder, sorted.

    Raises SourceError where they can't be listed.
    """
    system, path = file_system(pattern)
    try:
        if any(mark in path for mark in "*?["):
            found = system.glob(path)
        elif path and system.isfile(path):
            found = [path]
        else:
            found = system.find(path)
        return sorted(_url(pattern, system, each) for each in found)
    except Exception as error:  # each file system has errors of its own
        reason = str(error) or type(error).__name__
        raise SourceError(f"Can't list {pattern}: {reason}.") from error


def read_image_away(url: str, max_bytes: int) -> bytes:
    """The bytes of an image in an object store. Raises ImageUnreadable and ImageTooLarge."""
    inner, archive = parted(url)
    if scheme_of(inner) not in (_IN_ARCHIVES if archive else OBJECT_STORES):
        raise ImageUnreadable(f"Images are not read from {url[:200]!r}.")
    try:
        with open_away(url) as stream:
            data = stream.read(max_bytes + 1)
    except SourceError as error:
        raise ImageUnreadable(error.message, hint=error.hint) from error
    if len(data) > max_bytes:
        raise ImageTooLarge(f"The image has more than {max_bytes:,} bytes, the limit.")
    return data


def _url(pattern: str, system: Any, path: str) -> str:
    inner, archive = parted(pattern)
    if archive:
        return f"{scheme_of(inner)}://{path.lstrip('/')}{archive}"
    if scheme_of(path):
        return path
    full = str(system.unstrip_protocol(path))
    return full if scheme_of(full) else f"{scheme_of(pattern)}://{path}"
