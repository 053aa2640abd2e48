"""A collection's configuration as JSON: in folders, in the notes of a server, and in backups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.fields import FieldType, Schema
from qdrant.store import CollectionConfig

_FORMAT = 1


def config_as_json(config: CollectionConfig) -> dict[str, Any]:
    """Plain JSON types."""
    return {
        "format": _FORMAT,
        "encoder": config.encoder,
        "fingerprint": config.fingerprint,
        "vectors": dict(config.vectors),
        "attributes": {name: kind.value for name, kind in config.schema.attributes.items()},
        "phrases": config.schema.phrases,
        "quantization": config.quantization,
        "sparse": list(config.sparse),
    }


def config_from_json(data: Mapping[str, Any]) -> CollectionConfig:
    """Raises ValueError, KeyError or TypeError where it is damaged or of a later format."""
    if data["format"] > _FORMAT:
        raise ValueError(f"format {data['format']} is of a later Binocle")
    attributes = {name: FieldType(kind) for name, kind in data["attributes"].items()}
    return CollectionConfig(
        encoder=data["encoder"],
        fingerprint=data["fingerprint"],
        vectors={name: int(dim) for name, dim in data["vectors"].items()},
        schema=Schema(attributes, phrases=bool(data.get("phrases", False))),
        quantization=data["quantization"],
        sparse=tuple(data.get("sparse", ())),  # collections made before have none
    )
