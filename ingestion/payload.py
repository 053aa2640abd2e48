"""What is stored of an item beside its vector, and the hash that tells whether it changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from core.errors import InvalidItem
from core.fields import FieldType, Schema, coerce
from core.items import ImageSource, Item

IMAGE = "_image"
"""Path or URL that the image came from."""
THUMBNAIL = "_thumbnail"
"""Address in the ThumbnailStore."""
SHA256 = "_sha256"
"""Of the image file's bytes, hexadecimal."""
PHASH = "_phash"
"""The perceptual hash, hexadecimal."""
JUDGED = "_judged"
"""What judged `safety`, where no source says it: the spec of the judge."""
ITEM = "_item"
"""`item_hash` of the item as it was indexed."""


SAID = frozenset(
    {
        "id",
        "title",
        "description",
        "tags",
        "owner_id",
        "uploaded_at",
        "visibility",
        "product_id",
        "safety",
    }
    | {IMAGE, ITEM}
)
"""What the source says of an item beside its attributes; the rest was learnt from the image."""


@dataclass(frozen=True)
class ImageFacts:
    """What was learnt from the image itself. Width and height are in pixels, upright."""

    width: int
    height: int
    sha256: str
    thumbnail: str | None
    colors: tuple[str, ...] = ()
    phash: str = ""  # 16 hexadecimal digits; '' where it was not taken


def payload_of(
    item: Item, schema: Schema, facts: ImageFacts, *, hashed: str | None = None
) -> dict[str, Any]:
    """The point's payload: flat JSON; absent fields are left out.

    Args:
        hashed: the item's `item_hash`, where that is known already.

    Raises InvalidItem, naming the field, for an attribute that the schema does not declare or whose
    value does not fit.
    """
    known = {
        "id": item.id,
        "title": item.title,
        "description": item.description,
        "tags": list(item.tags),
        "owner_id": item.owner_id,
        "uploaded_at": item.uploaded_at
        and coerce("uploaded_at", item.uploaded_at, FieldType.DATETIME),
        "visibility": item.visibility.value,
        "product_id": item.product_id,
        "safety": item.safety,
        "width": facts.width,
        "height": facts.height,
        **_derived(schema, facts),
        **attributes_of(item, schema),
        IMAGE: _reference(item.image),
        THUMBNAIL: facts.thumbnail,
        SHA256: facts.sha256,
        PHASH: facts.phash,
        ITEM: hashed or item_hash(item, data_sha256=facts.sha256),
    }
    return {name: value for name, value in known.items() if value not in (None, "", [])}


def _derived(schema: Schema, facts: ImageFacts) -> dict[str, Any]:
    """The fields that no source says, without those that the catalog declares as its own."""
    aspect = round(facts.width / facts.height, 4) if facts.height else None
    found = {"aspect": aspect, "colors": list(facts.colors)}
    return {name: value for name, value in found.items() if schema.derives(name)}


def attributes_of(item: Item, schema: Schema) -> dict[str, Any]:
    """The item's attributes as the schema's types. Errors as `payload_of`."""
    values = {}
    for name, value in item.attributes.items():
        kind = schema.attributes.get(name)
        if kind is None:
            declared = ", ".join(sorted(schema.attributes)) or "none"
            raise InvalidItem(
                f"The collection has no field '{name}'.",
                hint=f"Declared fields: {declared}.",
                field=name,
            )
        values[name] = coerce(name, value, kind)
    return values


_SAME = json.JSONEncoder(default=str, sort_keys=True, check_circular=False)
"""Made once: `json.dumps` makes an encoder for every call with options."""


def item_hash(item: Item, *, data_sha256: str | None = None) -> str:
    """128 bits, hexadecimal, of all that the source says of the item and of its image's identity.

    The identity is a file's path, size and time of change; a URL, of a part of an archive with the
    archive's size and time of change; the SHA-256 of bare bytes, which `data_sha256` saves
    computing. So no image is opened to learn that nothing changed.
    """
    return _item_hash(item, _identity(item.image, data_sha256))


def image_hash(image: ImageSource, *, data_sha256: str | None = None) -> str:
    """128 bits, hexadecimal, of the image's identity alone; see `item_hash`."""
    return _hash(_identity(image, data_sha256))


def hashes(item: Item) -> tuple[str, str]:
    """`item_hash` and `image_hash`, for one look at the file."""
    identity = _identity(item.image, None)
    return _item_hash(item, identity), _hash(identity)


def _item_hash(item: Item, identity: Mapping[str, Any]) -> str:
    return _hash(
        [
            item.id,
            item.title,
            item.description,
            item.tags,
            item.owner_id,
            item.uploaded_at,
            item.visibility.value,
            sorted(item.attributes.items()),
            identity,
            *(fact for fact in (item.product_id, item.safety) if fact is not None),
        ]
    )


def _hash(facts: object) -> str:
    return hashlib.sha256(_SAME.encode(facts).encode()).hexdigest()[:32]


def renewed_payload(
    item: Item, schema: Schema, present: Mapping[str, Any], *, hashed: str | None = None
) -> dict[str, Any]:
    """The payload of an item whose image is the one that `present`, its payload so far, is of.

    What was learnt from the image stays; all that the source says is new. Arguments and errors as
    of `payload_of`.
    """
    facts = ImageFacts(
        width=int(present.get("width", 0)),
        height=int(present.get("height", 0)),
        sha256=str(present.get(SHA256, "")),
        thumbnail=present.get(THUMBNAIL),
    )
    said = payload_of(item, schema, facts, hashed=hashed)
    learnt = {
        name: value
        for name, value in present.items()
        if name not in SAID and name not in schema.attributes
    }
    if item.safety is not None:
        learnt.pop(JUDGED, None)
    elif JUDGED in learnt and schema.derives("safety") and "safety" in present:
        said["safety"] = present["safety"]
    return {**learnt, **said}


def _identity(image: ImageSource, data_sha256: str | None) -> Mapping[str, Any]:
    if image.data is not None:
        return {"sha256": data_sha256 or hashlib.sha256(image.data).hexdigest()}
    if image.path is None:
        return {"url": image.url, **_archive(str(image.url))}
    path = _path_text(image.path)
    try:
        status = os.stat(image.path)  # noqa: PTH116 - half the time of Path.stat
    except (OSError, ValueError):  # ValueError: a null character in the name
        return {"path": path, "missing": True}
    return {"path": path, "size": status.st_size, "changed": status.st_mtime_ns}


def _archive(url: str) -> Mapping[str, Any]:
    """Size and time of change of the archive on this machine that a URL leads into, if it does."""
    place = url.partition("::")[2] if url.startswith("zip://") else ""
    if not place:
        return {}
    try:
        status = os.stat(place)  # noqa: PTH116 - half the time of Path.stat
    except (OSError, ValueError):
        return {}
    return {"size": status.st_size, "changed": status.st_mtime_ns}


def _reference(image: ImageSource) -> str | None:
    return image.reference if image.path is None else _path_text(image.path)


def _path_text(path: Path) -> str:
    """The path, or where its bytes are no UTF-8, a file: URL that keeps them."""
    raw = os.fsencode(path if path.is_absolute() else path.absolute())
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"file://{quote(raw)}"
