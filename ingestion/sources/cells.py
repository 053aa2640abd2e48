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
from ingestion.sources.away import OBJECT_STORES, scheme_of
from ingestion.sources.folder import printable
from ingestion.sources.place import Place

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(?=//|[^\\/])")
_SEPARATORS = "|;,"
_SINCE_1970 = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
"""Parts of a second by the digits of a number."""
_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")


def clean(field: str, value: Any) -> Any:
    """`value`, unless it is text with bytes that the file's encoding has no character for."""
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidItem(
                f"Field '{field}' is not UTF-8, or not in the encoding that was named: "
                f"{printable(value)[:80]}.",
                hint="Save the catalog as UTF-8, or name its encoding, such as --encoding cp1252.",
                field=field,
            ) from None
    return value


def text(field: str, value: Any) -> str:
    """A string; '' for nothing."""
    if value is None:
        return ""
    found = coerce(field, clean(field, value), FieldType.TEXT)
    return " ".join(found) if isinstance(found, list) else found or ""


def images(value: Any, separator: str | None) -> list[Any]:
    """The images of a cell, blank ones left out: of a list, or of text that a separator parts."""
    if isinstance(value, str) and separator is not None:
        value = [part.strip() for part in value.split(separator)]
    found = value if isinstance(value, list) else [value]
    return [one for one in found if one is not None and one not in ("", b"")]


def separator_of(value: Any) -> str | None:
    """What parts the text: the first of '|', ';' and ',' that it holds."""
    return next((mark for mark in _SEPARATORS if isinstance(value, str) and mark in value), None)


def separator_of_images(value: Any) -> str | None:
    """As `separator_of`, but not within a URL: commas and semicolons part URLs from URLs only."""
    if not isinstance(value, str):
        return None
    for mark in _SEPARATORS:
        parts = [part.strip() for part in value.split(mark)]
        urls = [_SCHEME.match(part) is not None for part in parts if part]
        if len(parts) > 1 and (mark == _SEPARATORS[0] or all(urls) or not any(urls)):
            return mark
    return None


def dated(value: Any, form: str | None) -> Any:
    """Text in the form given, as the moment it stands for; anything else as it is.

    A whole number, also as text, of 10, 13, 16 or 19 digits is seconds, milliseconds, microseconds
    or nanoseconds since 1970: any since 2001.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value / _SINCE_1970.get(len(str(value)), 1)
    if not isinstance(value, str):
        return value
    word = value.strip()
    if form:
        try:
            return datetime.strptime(word, form)
        except ValueError:
            pass
    if word.isascii() and word.isdigit() and len(word) in _SINCE_1970:
        return int(word) / _SINCE_1970[len(word)]
    return value


def with_point(value: Any) -> Any:
    """Text that is a number with a decimal comma, such as '1.299,50', with a point: '1299.50'."""
    if isinstance(value, list):
        return [with_point(member) for member in value]
    if isinstance(value, str) and _COMMA.fullmatch(value.strip()):
        return value.strip().replace(".", "").replace(",", ".")
    return value


def safety(value: Any) -> float | None:
    """0 to 1, or None for nothing."""
    found = coerce("safety", value, FieldType.FLOAT)
    if found is None:
        return None
    if not isinstance(found, float) or not 0 <= found <= 1:
        raise InvalidItem("Field 'safety' is a number from 0 to 1.", field="safety")
    return found


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
        mark = separator or separator_of(value)
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
    if value is None:
        return Visibility.PUBLIC
    word = text("visibility", value).lower()
    if word and word not in list(Visibility):
        raise InvalidItem(
            f"Field 'visibility' is '{word}'.", hint="Use public or private.", field="visibility"
        )
    return Visibility(word or Visibility.PUBLIC)


def image(value: Any, folder: Path | Place) -> ImageSource:
    """From bytes, a path, a URL, or {bytes, path}. Relative paths are below `folder`, or beside it
    where it is a catalog."""
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
    if "\0" in value:
        raise InvalidItem("The row's image holds a null character: no path does.", field="image")
    return _image_from_text(value.strip(), folder)


def _image_from_text(value: str, folder: Path | Place) -> ImageSource:
    found = _SCHEME.match(value)
    scheme = found[1].lower() if found else ""
    if scheme in ("http", "https"):
        return ImageSource(url=clean("image", value))
    if scheme == "data":
        return ImageSource(data=_from_data_url(value))
    if scheme == "file":
        _check_file(folder)
        return ImageSource(path=Path(os.fsdecode(unquote_to_bytes(urlsplit(value).path))))
    whole = value[found.end() if found else 0 :].startswith("//") and "::" not in value
    if scheme in OBJECT_STORES and whole:
        return ImageSource(url=clean("image", value))
    if found and value[found.end() :].startswith("//"):
        raise InvalidItem(
            f"Images can't be loaded from '{scheme}:'.",
            hint="Use a path, or a URL of http or https.",
            field="image",
        )
    if isinstance(folder, Path):
        return ImageSource(path=folder / value)
    beside = folder.beside(value)
    return ImageSource(url=beside) if isinstance(beside, str) else ImageSource(path=beside)


def _check_file(folder: Path | Place) -> None:
    """Raises InvalidItem for a file of this machine that a catalog from the web names."""
    if isinstance(folder, Place) and scheme_of(folder.address) in ("http", "https", "hf"):
        raise InvalidItem(
            "A catalog from the web can't name files of this machine.",
            hint="Download the catalog, if these are meant.",
            field="image",
        )


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
    return isinstance(value, Mapping) or any(
        isinstance(member, bytes | Mapping | list) for member in members(value)
    )


def members(value: Any) -> list[Any]:
    """The values of a list, or the one value."""
    return value if isinstance(value, list) else [value]
