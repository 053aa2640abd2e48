"""From a catalog's cells to an item's parts. All raise InvalidItem, naming the field."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from core.errors import InvalidItem
from core.fields import FieldType, coerce, parse_datetime
from core.items import ImageSource, Visibility
from ingestion.sources.folder import printable

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(?=//|[^\\/])")
_SEPARATORS = "|;,"


def clean(field: str, value: Any) -> Any:
    """`value`, unless it is text with bytes that were no UTF-8 in the file."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidItem(
                f"Field '{field}' is not UTF-8: {printable(value)[:80]}.",
                hint="Save the catalog as UTF-8.",
                field=field,
            ) from None
    return value


def text(field: str, value: Any) -> str:
    """A string; '' for nothing."""
    found = coerce(field, clean(field, value), FieldType.TEXT)
    return " ".join(found) if isinstance(found, list) else found or ""


def identifier(value: Any) -> str:
    """An item's id. Whole numbers lose a decimal point that a spreadsheet gave them."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = text("id", value)
    if not found:
        raise InvalidItem("The row has no id.", field="id")
    return found


def id_of_image(cell: Any, image: ImageSource) -> str:
    """An id that stays the same when rows move: the path or URL as given, or a hash of bytes."""
    if image.data is not None:
        return f"sha256-{hashlib.sha256(image.data).hexdigest()[:32]}"
    given = cell.get("path") if isinstance(cell, Mapping) else cell
    return printable(str(given).strip())


def tags(value: Any, separator: str | None) -> tuple[str, ...]:
    """Distinct tags in order, from a list or from text that a separator parts."""
    if isinstance(value, str):
        clean("tags", value)
        mark = separator or next((mark for mark in _SEPARATORS if mark in value), None)
        value = value.split(mark) if mark else [value]
    found = coerce("tags", value, FieldType.KEYWORD)
    if found is None:
        return ()
    listed = found if isinstance(found, list) else [found]
    return tuple(dict.fromkeys(tag for tag in listed if tag))


def moment(field: str, value: Any) -> datetime | None:
    """A moment in UTC, or None for nothing."""
    found = coerce(field, value, FieldType.DATETIME)
    if isinstance(found, list):
        raise InvalidItem(f"Field '{field}' holds a list.", field=field)
    return None if found is None else parse_datetime(found)


def visibility(value: Any) -> Visibility:
    """Public for nothing."""
    word = text("visibility", value).lower()
    if word and word not in list(Visibility):
        raise InvalidItem(
            f"Field 'visibility' is '{word}'.", hint="Use public or private.", field="visibility"
        )
    return Visibility(word or Visibility.PUBLIC)


def image(value: Any, folder: Path) -> ImageSource:
    """From bytes, a path (relative ones are below `folder`), a URL, or {bytes, path}."""
    if isinstance(value, Mapping):  # how Hugging Face's datasets write images
        return image(value.get("bytes") or value.get("path"), folder)
    if isinstance(value, bytes | bytearray | memoryview):
        if not value:
            raise InvalidItem("The row's image has no bytes.", field="image")
        return ImageSource(data=bytes(value))
    if value is None or (isinstance(value, str) and not value.strip()):
        raise InvalidItem("The row has no image.", field="image")
    if not isinstance(value, str):
        raise InvalidItem(
            f"The row's image is {type(value).__name__}: neither bytes, path nor URL.",
            field="image",
        )
    return _image_from_text(value.strip(), folder)


def _image_from_text(value: str, folder: Path) -> ImageSource:
    found = _SCHEME.match(value)
    scheme = found[1].lower() if found else ""
    if scheme in ("http", "https"):
        return ImageSource(url=clean("image", value))
    if scheme == "data":
        return ImageSource(data=_from_data_url(value))
    if scheme == "file":
        return ImageSource(path=Path(os.fsdecode(unquote_to_bytes(urlsplit(value).path))))
    if found and value[found.end() :].startswith("//"):
        raise InvalidItem(
            f"Images can't be loaded from '{scheme}:'.",
            hint="Use a path, or a URL of http or https.",
            field="image",
        )
    return ImageSource(path=folder / value)


def _from_data_url(value: str) -> bytes:
    head, _, body = value.partition(",")
    if not head.endswith(";base64"):
        raise InvalidItem("The row's data: URL is not base64.", field="image")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidItem("The row's data: URL is malformed base64.", field="image") from None


def is_nested(value: Any) -> bool:
    """Whether the value is bytes or an object, which no attribute can hold."""
    return any(isinstance(member, bytes | Mapping | list) for member in members(value))


def members(value: Any) -> list[Any]:
    """The values of a list, or the one value."""
    return value if isinstance(value, list) else [value]
