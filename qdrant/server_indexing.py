"""Waiting until a server has built its indexes over what was written."""

from __future__ import annotations

import time

from qdrant_client.http import models

from core.errors import StorageFull, StoreError, StoreUnavailable
from qdrant.server_link import Link

_POLL_S = 0.5


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
