"""An item: one image with what is known of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from core.errors import InvalidName

MAX_ID_LENGTH = 512
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COLLECTION = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Visibility(StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True)
class ImageSource:
    """Where an item's image comes from: exactly one of a path, a URL, or the bytes themselves."""

    path: Path | None = None
    url: str | None = None
    data: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        given = [part for part in (self.path, self.url, self.data) if part is not None]
        if len(given) != 1:
            raise ValueError("An image source is one of path, url or data.")

    @property
    def reference(self) -> str | None:
        """What to store so that the image can be found again; None for bare bytes."""
        return str(self.path) if self.path is not None else self.url


@dataclass(frozen=True)
class Item:
    """One entry of a catalog, as its source gives it. `attributes` fit the collection's schema."""

    id: str
    image: ImageSource
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    owner_id: str | None = None
    uploaded_at: datetime | None = None
    visibility: Visibility = Visibility.PUBLIC
    product_id: str | None = None  # where the product has several images, each an item
    safety: float | None = None  # 0 to 1, which is unsafe; None: not judged
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_item_id(self.id)


def check_item_id(item_id: str) -> None:
    """Raise InvalidName unless `item_id` is 1 to 512 printable characters."""
    if not item_id:
        raise InvalidName("An item has an empty id.", field="id")
    if len(item_id) > MAX_ID_LENGTH:
        raise InvalidName(
            f"An item id has {len(item_id):,} characters; {MAX_ID_LENGTH} are allowed.", field="id"
        )
    if _CONTROL.search(item_id):
        raise InvalidName(f"The item id {item_id!r} holds control characters.", field="id")
    try:
        item_id.encode()
    except UnicodeEncodeError:
        raise InvalidName(f"The item id {item_id!r} is no valid Unicode.", field="id") from None


def check_collection_name(name: str) -> None:
    """Raise InvalidName unless `name` is safe as a folder name, in a URL and in Qdrant."""
    if not _COLLECTION.fullmatch(name):
        raise InvalidName(
            f"'{name}' can't name a collection.",
            hint="Use lower-case letters, digits, '-' and '_', at most 63, starting with a letter "
            "or digit.",
            field="collection",
        )
