"""Catalogs at web addresses: fetched once a process, into a temporary file."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import httpx

from core.disk import disk_errors
from core.errors import SourceError

_CHUNK = 2**20
_SECONDS = 60.0
"""Longest silence of the server."""


def download(url: str) -> Path:
    """The file at a web address, on this machine until the process ends. Raises SourceError, and
    StorageFull where the folder for temporary files is full."""
    return _fetched(url)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="binocle-catalog-")


@functools.cache
def _fetched(url: str) -> Path:
    with disk_errors():
        handle = tempfile.NamedTemporaryFile(dir=_folder().name, delete=False)  # noqa: SIM115 - kept
    try:
        with (
            disk_errors(),
            handle,
            httpx.stream(
                "GET",
                url,
                # the file as it is: one that is packed is unpacked by its ending
                headers={"Accept-Encoding": "identity"},
                timeout=_SECONDS,
                follow_redirects=True,
            ) as answer,
        ):
            if answer.status_code != 200:
                raise SourceError(f"{url} answered {answer.status_code}.", hint="Check the URL.")
            for chunk in answer.iter_raw(_CHUNK):
                handle.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SourceError(f"Can't fetch {url}: {error or type(error).__name__}.") from error
    return Path(handle.name)
