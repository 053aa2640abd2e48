"""How a server keeps a collection: telling it, and changing it in place."""

from __future__ import annotations

from dataclasses import replace

from qdrant_client.http import models

from core.errors import SettingsError
from qdrant.server_catalog import Home, ServerCatalog
from qdrant.server_config import changes, layout_of
from qdrant.server_link import Link
from qdrant.server_metadata import config_note, read_config
from qdrant.server_options import Connection, Layout
from qdrant.store import Quantization


def facts(connection: Connection, info: models.CollectionInfo) -> dict[str, str | int]:
    """For people: how the collection is kept, as the server tells it, and how it is reached."""
    told: dict[str, str | int] = {
        "server": connection.url,
        "protocol": "gRPC" if connection.grpc else "REST",
        "status": info.status.value,
        **layout_of(info).given,
        "write_ordering": connection.write_ordering,
    }
    if connection.read_consistency is not None:
        told["read_consistency"] = connection.read_consistency
    return told


def tune(link: Link, home: Home, layout: Layout, quantization: Quantization | None) -> None:
    """Change what `layout` gives, and the quantization, of the published generation.

    Raises SettingsError for the number of shards, and for figures that don't go with those that
    stay.
    """
    if layout.shard_number is not None:
        raise SettingsError(
            "The number of shards is fixed when a generation is made.",
            hint="Set BINOCLE_SERVER__SHARD_NUMBER and load anew by `binocle ingest --replace`, "
            "or copy the collection by `binocle collections copy`.",
            field="shard_number",
        )
    if home.published is None:
        raise home.lost_alias(link.url)
    there = home.there(home.published)
    present = ServerCatalog(link).describe(there)
    config = read_config(present.config.metadata, there)
    _check_with(layout_of(present), layout)
    arguments = changes(layout, quantization, config)
    if quantization is not None:
        arguments["metadata"] = config_note(replace(config, quantization=quantization))
    if arguments:
        link.write(
            lambda client, seconds: client.update_collection(there, timeout=seconds, **arguments)
        )


def _check_with(present: Layout, given: Layout) -> None:
    """Raise SettingsError where what is given can't be beside what is there."""
    figures = {**present.given, **given.given}
    Layout(
        replication_factor=int(figures.get("replication_factor", 1)),
        write_consistency_factor=int(figures.get("write_consistency_factor", 1)),
    )
