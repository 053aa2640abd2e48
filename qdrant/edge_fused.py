"""Several lists fused and scored again exactly, on the embedded engine.

Of all that is found only what is kept is named and read: what is slow is not the search, but to
turn ids, payloads and vectors into Python's objects.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from qdrant.checks import point_uuid
from qdrant.edge_queries import among, fused, these
from qdrant.edge_recent import Recent
from qdrant.fusion import totals
from qdrant.queries import AnyVector, Fused, FusedPoint, HybridQuery, SparseVector
from qdrant.shard import Shard
from qdrant.store import CollectionConfig


@dataclass(frozen=True)
class Lists:
    """What is looked for: `vectors` are those of the query's lists, checked; `without`: ids that
    are left out."""

    query: HybridQuery
    vectors: Sequence[AnyVector]
    config: CollectionConfig
    without: Collection[str]


def fused_exactly(
    shard: Shard, recent: Recent, lists: Lists, keep: int, with_vectors: bool
) -> Fused:
    """See `Generation.fused`."""
    found = shard.query(lambda: fused(lists.query, lists.vectors, lists.config, bare=True))
    # The engine makes an id's object anew each time that it is looked at.
    keys = [cast("UUID", each.id) for each in found]
    if lists.without:
        left_out = {point_uuid(each) for each in lists.without}
        keys = [key for key in keys if key not in left_out]
    raw = _exact(shard, lists, keys)
    total = totals(lists.query.prefetch, raw)
    best = np.argsort(-total, kind="stable")[:keep].tolist()
    chosen = [keys[place] for place in best]
    payloads = recent.payloads(shard, chosen) if chosen else {}
    rows = recent.rows(shard, chosen) if chosen and with_vectors else {}
    points = [
        FusedPoint(
            payloads[key.int]["id"],
            float(total[place]),
            tuple(raw[place].tolist()),
            payloads[key.int],
            rows.get(key.int),
        )
        for place, key in zip(best, chosen, strict=True)
        if key.int in payloads  # deleted in the meantime
    ]
    points.sort(key=lambda point: (-point.score, point.id))
    return Fused(points, len(found), len(keys) - len(best))


def _exact(shard: Shard, lists: Lists, keys: Sequence[UUID]) -> NDArray[np.float64]:
    """float64 (n, lists): the exact score of each point in each list; 0 where it has none."""
    raw = np.zeros((len(keys), len(lists.vectors)))
    if not keys:
        return raw
    places = {key.int: place for place, key in enumerate(keys)}
    only = these(keys)
    for column, vector in enumerate(lists.vectors):
        if isinstance(vector, SparseVector) and not vector.indices:
            continue
        own = among(len(keys), only, vector, lists.query.prefetch[column].using)
        for each in shard.query(lambda own=own: own):  # type: ignore[misc]
            raw[places[cast("UUID", each.id).int], column] = each.score
    return raw
