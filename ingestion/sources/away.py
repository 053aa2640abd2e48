"""Files that fsspec reaches: object stores and whatever else it knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import fsspec

from core.errors import ImageTooLarge, ImageUnreadable, SourceError

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "hf", "memory"})
"""Schemes that a catalog's images may have. No others: a chain of file systems or a local path in a
URL could lead anywhere."""
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)://")
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "hf": "hub"}


def scheme_of(address: str) -> str:
    """The scheme of a URL in lower case; '' for a path. 'file://' is a path's, too."""
    found = _SCHEME.match(address)
    return found[1].lower() if found and found[1].lower() != "file" else ""


def file_system(address: str) -> Any:
    """The file system of a URL. Raises SourceError where it can't be had."""
    scheme = scheme_of(address)
    try:
        return fsspec.core.url_to_fs(address)[0]
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        raise SourceError(
            f"'{scheme}://' needs a library that is not installed: {error}.",
            hint=f"pip install 'binocle[{extra}]'" if extra else "",
        ) from error
    except ValueError as error:
        raise SourceError(f"There is no file system for '{scheme}://': {error}.") from error


@contextmanager
def open_away(address: str) -> Iterator[BinaryIO]:
    """A file at a URL that fsspec knows. Raises SourceError, also in the block where it fails."""
    system = file_system(address)
    try:
        with system.open(address, "rb") as stream:
            yield stream
    except SourceError:
        raise
    except Exception as error:  # each file system has errors of its own
        raise SourceError(f"Can't read {address}: {error or type(error).__name__}.") from error


def list_away(pattern: str) -> list[str]:
    """URLs of the files at a URL: itself, those of a pattern, or those below a folder, sorted.

    Raises SourceError where they can't be listed.
    """
    system = file_system(pattern)
    try:
        if any(mark in pattern for mark in "*?["):
            found = system.glob(pattern)
        elif system.isfile(pattern):
            found = [pattern]
        else:
            found = system.find(pattern)
        return sorted(_url(pattern, system, path) for path in found)
    except Exception as error:  # each file system has errors of its own
        reason = str(error) or type(error).__name__
        raise SourceError(f"Can't list {pattern}: {reason}.") from error


def read_image_away(url: str, max_bytes: int) -> bytes:
    """The bytes of an image in an object store. Raises ImageUnreadable and ImageTooLarge."""
    if scheme_of(url) not in OBJECT_STORES or "::" in url:
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
    if scheme_of(path):
        return path
    full = str(system.unstrip_protocol(path))
    return full if scheme_of(full) else f"{scheme_of(pattern)}://{path}"
