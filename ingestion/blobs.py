"""Small files that never change once written, in a folder or at an fsspec URL such as s3://."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import fsspec

from core.disk import disk_errors
from core.errors import SettingsError, StoreUnavailable

_RETRY_S = 5


class Blobs(Protocol):
    """Files by name, such as 'ab/abcdef.webp'. Safe to call from several threads and processes."""

    def add(self, name: str, data: bytes) -> None:
        """Writes the file whole, unless it is there. Raises StoreError."""
        ...

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError, and StoreUnavailable where the address does not answer."""
        ...

    def names(self) -> Iterator[str]:
        """All files that are there."""
        ...

    def clear(self) -> None:
        """Removes all of them."""
        ...


def open_blobs(address: str | Path) -> Blobs:
    """A folder by its path, or an address by its URL. Raises SettingsError for one that can't be
    used."""
    if isinstance(address, Path) or "://" not in address:
        return FolderBlobs(Path(address).expanduser())
    return UrlBlobs(address)


class FolderBlobs:
    """Files below the folder `root`; they appear whole or not at all."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, name: str, data: bytes) -> None:
        """Raises StorageFull when the disk is, StoreError when it can't be written to."""
        path = self._root / name
        if path.exists():
            return
        with disk_errors():
            try:
                handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(data)
                Path(part).replace(path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise

    def read(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def names(self) -> Iterator[str]:
        for path in sorted(self._root.rglob("*")):
            if path.is_file() and path.suffix != ".part":
                yield path.relative_to(self._root).as_posix()

    def clear(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)


class UrlBlobs:
    """Files below a URL of any protocol that fsspec knows; stores of objects write them whole."""

    def __init__(self, url: str) -> None:
        self._url = url
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise SettingsError(
                f"The address {url} can't be used: {error}.",
                hint="Object stores need their fsspec package, such as s3fs or gcsfs.",
                field="thumbnails",
            ) from None
        self._root = root.rstrip("/")

    def add(self, name: str, data: bytes) -> None:
        """Written again where it is there: the same bytes, for one call instead of two."""
        path = self._path(name)
        with self._told():
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(path, data)

    def read(self, name: str) -> bytes:
        with self._told():
            data: bytes = self._files.cat_file(self._path(name))
            return data

    def names(self) -> Iterator[str]:
        with self._told():
            if not self._files.exists(self._root):
                return
            found: list[Any] = self._files.find(self._root)
        start = len(self._root) + 1
        yield from (str(path)[start:] for path in sorted(found))

    def clear(self) -> None:
        with self._told():
            if self._files.exists(self._root):
                self._files.rm(self._root, recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Any protocol has errors of its own."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            raise StoreUnavailable(
                f"The thumbnails at {self._url} can't be reached: {error}.", retry_after_s=_RETRY_S
            ) from error
