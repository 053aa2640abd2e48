"""Vectors that are zero but at a few places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SparseVector:
    """A vector that is zero but at `indices`: ascending, distinct, 0 to 2**32 - 1.

    `values` are finite, one per index. An empty one is like nothing.
    """

    indices: tuple[int, ...] = ()
    values: tuple[float, ...] = ()
