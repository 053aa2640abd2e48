"""Going on with a generation that an earlier run began, where fields were declared since."""

from __future__ import annotations

from dataclasses import replace

from qdrant.store import CollectionConfig, Generation


def grown_to(generation: Generation, config: CollectionConfig) -> bool:
    """Whether the generation is as `config` says, or is now, with the fields that were missing."""
    there = generation.config
    if replace(there, schema=config.schema) != config:
        return False
    wanted = config.schema.attributes
    if not there.schema.attributes.items() <= wanted.items():
        return False
    missing = dict(wanted.items() - there.schema.attributes.items())
    if missing:
        generation.add_fields(missing)
    return True
