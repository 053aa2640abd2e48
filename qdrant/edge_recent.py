"""What was read of points lately: turning a payload or a vector into Python's objects takes as long
as finding ten points, and searches keep coming back to the same ones."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from qdrant.queries import JOINT
from qdrant.shard import Shard

_MOST = 8_000
"""Of each kind: with 256 dimensions and a kilobyte of payload some 40 MB."""

T = TypeVar("T")
Row = NDArray[np.float32]


class Recent:
    """Payloads and joint vectors by the engine's ids as integers (UUID.int, which hash ten times as
    fast), until the next write. Nobody may change them.

    Safe to use from several threads. Every method raises StoreError.
    """

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._payloads: dict[int, Mapping[str, Any]] = {}

    def forget(self) -> None:
        """Something was written."""
        self._rows, self._payloads = {}, {}

    def rows(self, shard: Shard, keys: Sequence[UUID]) -> Mapping[int, Row]:
        """float32 (dim,) of each point that is there."""

        def read(missing: Sequence[UUID]) -> dict[int, Row]:
            # An array takes half as long as numpy from the list itself.
            found = shard.vectors(missing, JOINT)
            return {key.int: np.frombuffer(array("f", row), dtype=np.float32) for key, row in found}

        return _known(self._rows, keys, read)

    def payloads(self, shard: Shard, keys: Sequence[UUID]) -> Mapping[int, Mapping[str, Any]]:
        """The payload of each point that is there."""

        def read(missing: Sequence[UUID]) -> dict[int, Mapping[str, Any]]:
            return {key.int: payload for key, payload in shard.payloads(missing)}

        return _known(self._payloads, keys, read)


def _known(
    known: dict[int, T], keys: Sequence[UUID], read: Callable[[Sequence[UUID]], dict[int, T]]
) -> Mapping[int, T]:
    """What is known of the keys, or read now and kept. Where something was written in the meantime,
    nobody looks into this `known` any more."""
    found: dict[int, T] = {}
    missing = []
    for key in keys:
        one = known.get(key.int)
        if one is None:
            missing.append(key)
        else:
            found[key.int] = one
    if missing:
        new = read(missing)
        found.update(new)
        if len(known) + len(new) > _MOST:
            known.clear()
        known.update(new)
    return found
