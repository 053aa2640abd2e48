"""The indexes of a server: of fields, and waiting until what was written is indexed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from qdrant_client.http import models

from core.errors import StorageFull, StoreError, StoreUnavailable
from core.fields import FieldType
from core.schema_change import extended
from qdrant.server_config import field_index
from qdrant.server_link import Link
from qdrant.server_metadata import config_note
from qdrant.store import CollectionConfig

_POLL_S = 0.5


def index_fields(link: Link, name: str, fields: Mapping[str, FieldType]) -> None:
    """Index these fields of the server's collection `name`."""
    for field, kind in fields.items():
        index = field_index(kind)
        link.write(
            lambda client, seconds, field=field, index=index: client.create_payload_index(  # type: ignore[misc]
                name, field, index, wait=True, timeout=seconds
            )
        )


def add_fields(
    link: Link, name: str, config: CollectionConfig, fields: Mapping[str, FieldType]
) -> CollectionConfig:
    """Index more fields and note them; how the generation is built from now on."""
    schema = extended(config.schema, fields)
    new = {n: kind for n, kind in fields.items() if n not in config.schema.attributes}
    changed = replace(config, schema=schema)
    index_fields(link, name, new)
    link.write(
        lambda client, seconds: client.update_collection(
            name, metadata=config_note(changed), timeout=seconds
        )
    )
    return changed


def graphed(link: Link, name: str, config: CollectionConfig, info: models.CollectionInfo) -> int:
    """How many points the graphs of their vectors hold. The server counts vectors, of all names,
    and takes every sparse one for indexed."""
    vectors = info.indexed_vectors_count or 0
    for sparse in config.sparse if vectors else ():
        having = models.Filter(must=[models.HasVectorCondition(has_vector=sparse)])
        counted = link.read(
            lambda client, s, having=having: client.count(  # type: ignore[misc]
                name, having, exact=True, timeout=s
            )
        )
        vectors -= counted.count
    return max(0, vectors // len(config.vectors))


def wait_until_indexed(link: Link, name: str) -> None:
    """Return once nothing of the collection is left to index.

    The server indexes on its own while it answers; segments below its threshold stay without a
    graph, because comparing all of their points is as quick. Raises StorageFull and StoreError
    where it fails, StoreUnavailable where it takes longer than the connection's `index_wait_s`.
    """
    deadline = time.monotonic() + link.connection.index_wait_s
    roused = False
    while True:
        info = link.read(lambda client, _: client.get_collection(name))
        _check_optimizer(info, name)
        if info.status is models.CollectionStatus.GREEN:
            return
        if info.status is models.CollectionStatus.GREY and not roused:
            _rouse(link, name)
            roused = True
        if time.monotonic() > deadline:
            raise StoreUnavailable(
                f"The Qdrant server has not indexed '{name}' within "
                f"{link.connection.index_wait_s:,.0f} s.",
                hint="It goes on doing so; raise BINOCLE_SERVER__INDEX_WAIT_SECONDS to wait.",
            )
        link.pause(_POLL_S)


def _rouse(link: Link, name: str) -> None:
    """After a restart the server waits for an update before it goes on indexing."""
    nothing = models.OptimizersConfigDiff()
    link.write(
        lambda client, seconds: client.update_collection(
            name, optimizers_config=nothing, timeout=seconds
        )
    )


def _check_optimizer(info: models.CollectionInfo, name: str) -> None:
    if isinstance(info.optimizer_status, models.OptimizersStatusOneOf1):
        reason = info.optimizer_status.error
        if "no space left" in reason.lower():
            raise StorageFull(
                f"The server's disk is full, so '{name}' can't be indexed: {reason}.",
                hint="Free some space or add nodes; what was written before is safe.",
            )
        raise StoreError(f"The Qdrant server can't index '{name}': {reason}.")
    if info.status is models.CollectionStatus.RED:
        raise StoreError(f"The Qdrant server reports that '{name}' has failed operations.")
