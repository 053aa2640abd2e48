"""Scripts and styles of the pages as they are sent: as written, without the comments between."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)[ \t]*(?:\n|\Z)", re.MULTILINE)
"""A comment that has its lines for itself. Texts over several lines, in which one could only seem
to be, are not used in the pages; a test holds that."""
_ASKED_AGAIN = {"Cache-Control": "no-cache"}  # an upgrade never mixes old and new modules


def without_comments(text: str) -> str:
    """A script or style without comments on lines of their own: an eighth of what is to send."""
    return _COMMENT.sub("", text)


@dataclass(frozen=True)
class _Asset:
    data: bytes
    tag: str
    media_type: str


class Assets(StaticFiles):
    """The files below a folder. Scripts and styles are read once, when this is made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder)
        self._assets = {
            str(path.relative_to(folder)): _read(path)
            for path in folder.rglob("*")
            if path.suffix in MEDIA_TYPES
        }

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`, or 304 where the browser has it."""
        asset = self._assets.get(path)
        if asset is None or scope["method"] not in ("GET", "HEAD"):
            return await super().get_response(path, scope)
        headers = {**_ASKED_AGAIN, "ETag": f'"{asset.tag}"'}
        if any(asset.tag in value for value in _known(scope)):
            return Response(status_code=304, headers=headers)
        return Response(asset.data, headers=headers, media_type=asset.media_type)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file of another kind."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(_ASKED_AGAIN)
        return response


def _read(path: Path) -> _Asset:
    data = without_comments(path.read_text(encoding="utf-8")).encode()
    tag = hashlib.blake2b(data, digest_size=12).hexdigest()
    return _Asset(data, tag, MEDIA_TYPES[path.suffix])


def _known(scope: Scope) -> list[str]:
    """What the browser says that it has."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"]
