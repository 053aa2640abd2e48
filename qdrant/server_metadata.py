"""What Binocle notes in the metadata of a server's collection: each generation is one.

Merging is what the server does with new metadata, so each note is one string that replaces the one
before as a whole. The pointer of a collection is the note of the generation that its alias points
at: it is written there first, and counts from the moment that the alias is switched.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core.errors import StoreError
from qdrant.config_json import config_as_json, config_from_json
from qdrant.pointer import Pointer, generation_number
from qdrant.store import CollectionConfig

_CONFIG, _POINTER, _LEASE = "binocle_config", "binocle_pointer", "binocle_lease"
_BETWEEN = "--"
LEASE_S = 900.0
"""A load that has not been heard of for so long is over, whatever became of its process."""


@dataclass(frozen=True)
class History:
    """A pointer as it was noted.

    Attributes:
        serial: how many were noted before it: the latest one has the highest.
        confirmed: whether the alias was seen to be switched since.
    """

    pointer: Pointer
    serial: int
    confirmed: bool


def generation_collection(collection: str, generation: str) -> str:
    """The server's name of a generation, such as shop--g000012."""
    return f"{collection}{_BETWEEN}{generation}"


def split_name(name: str) -> tuple[str, str] | None:
    """Collection and generation from the server's name; None where it is none of ours."""
    collection, between, generation = name.rpartition(_BETWEEN)
    if not between or not collection or generation_number(generation) is None:
        return None
    return collection, generation


def config_note(config: CollectionConfig) -> dict[str, Any]:
    """The note of how a generation was built."""
    return {_CONFIG: json.dumps(config_as_json(config))}


def read_config(metadata: Mapping[str, Any] | None, name: str) -> CollectionConfig:
    """Raises StoreError where Binocle did not make the collection `name`, or a later one did."""
    try:
        text = (metadata or {})[_CONFIG]
    except KeyError:
        raise StoreError(
            f"The server's collection '{name}' was not made by Binocle: it has no notes of it.",
            hint="Load it under another name.",
        ) from None
    try:
        return config_from_json(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The notes of the collection '{name}' can't be read: {error}.") from error


def history_note(history: History) -> dict[str, Any]:
    """The note of a pointer."""
    data = {
        **asdict(history.pointer),
        "serial": history.serial,
        "confirmed": history.confirmed,
    }
    return {_POINTER: json.dumps(data)}


def read_history(metadata: Mapping[str, Any] | None, name: str) -> History | None:
    """None where the generation never was published. Raises StoreError where it is damaged."""
    text = (metadata or {}).get(_POINTER)
    if text is None:
        return None
    try:
        data = json.loads(text)
        pointer = Pointer(
            published=data["published"],
            previous=tuple(data["previous"]),
            retired=tuple(data["retired"]),
            last=int(data["last"]),
        )
        return History(pointer, int(data["serial"]), bool(data["confirmed"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The notes of the collection '{name}' can't be read: {error}.") from error


def lease_note(role: str) -> dict[str, Any]:
    """The note that this process is loading the generation, as of now."""
    until = datetime.now(UTC) + timedelta(seconds=LEASE_S)
    owner = {"role": role, "pid": os.getpid(), "host": socket.gethostname()}
    return {_LEASE: json.dumps({**owner, "until": until.isoformat()})}


def no_lease_note() -> dict[str, Any]:
    """The note that nobody loads the generation."""
    return {_LEASE: ""}


def is_leased(metadata: Mapping[str, Any] | None) -> bool:
    """Whether some process is loading the generation."""
    text = (metadata or {}).get(_LEASE)
    if not text:
        return False
    try:
        return datetime.fromisoformat(json.loads(text)["until"]) > datetime.now(UTC)
    except (ValueError, KeyError, TypeError):
        return False
