"""Points from one generation to another, whatever engines hold them: as they are, not encoded anew.

All engines list ids in one order, so a copy that was cut off goes on where the two lists part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np

from core.errors import StoreError
from qdrant.checks import point_uuid
from qdrant.store import Generation, Point

_BATCH = 500
_SAMPLE = 200
_CLOSE = 1e-5
"""Vectors are brought to unit length on the way in, which moves float32 by its last bits."""

T = TypeVar("T")


class Listed(Protocol):
    """Whatever lists ids in the order that all engines have."""

    def ids(self) -> Iterator[str]: ...


Progress = Callable[[int, int], None]
"""Is told how many points are there, and how many there will be."""


@dataclass(frozen=True)
class Copied:
    """What a copy did.

    Attributes:
        copied: points written now.
        present: points that an earlier run had written.
        compared: points whose vectors and payloads were read back and found equal.
    """

    copied: int
    present: int
    compared: int


def copy_points(
    source: Generation, target: Generation, on_progress: Progress | None = None
) -> Copied:
    """Make `target` hold the points of `source`, and compare a sample of them.

    Points that `target` has by their ids are taken as they are, those that `source` has not are
    deleted. Raises StoreError where counts or the sample differ in the end.
    """
    total, copied, present = source.count(), 0, 0
    for batch in batches(_in_step(source.ids(), target.ids()), _BATCH):
        missing = [each for each, there in batch if not there]
        if missing:
            target.upsert(source.retrieve(missing, with_vectors=True))
        copied += len(missing)
        present += len(batch) - len(missing)
        if on_progress:
            on_progress(copied + present, total)
    drop_strangers(source, target)
    return Copied(copied, present, verify(source, target))


def verify(source: Generation, target: Generation, sample: int = _SAMPLE) -> int:
    """Compare counts, and `sample` points spread over all; how many were compared.

    Raises StoreError for the first difference.
    """
    wanted, found = source.count(), target.count()
    if wanted != found:
        raise StoreError(
            f"{wanted:,} items were to be copied, but {found:,} have arrived.",
            hint="Was the collection written to meanwhile? Run it again: it goes on from here.",
        )
    step = max(1, wanted // sample)
    ids = list(islice(source.ids(), 0, None, step))
    for batch in batches(ids, _BATCH):
        pairs = zip(
            source.retrieve(batch, with_vectors=True),
            target.retrieve(batch, with_vectors=True),
            strict=True,
        )
        for ours, theirs in pairs:
            _check_equal(ours, theirs)
    return len(ids)


def batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in lists of `size`, the last one shorter."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def _in_step(wanted: Iterator[str], there: Iterator[str]) -> Iterator[tuple[str, bool]]:
    """The ids wanted, each with whether it is there too; both in the order of their UUIDs."""
    at = next(there, None)
    for each in wanted:
        while at is not None and point_uuid(at) < point_uuid(each):
            at = next(there, None)
        yield each, at == each


def _same_words(ours: Point, theirs: Point) -> bool:
    return {name: each.indices for name, each in ours.sparse.items()} == {
        name: each.indices for name, each in theirs.sparse.items()
    } and all(
        np.allclose(each.values, theirs.sparse[name].values, rtol=_CLOSE)
        for name, each in ours.sparse.items()
    )


def drop_strangers(source: Listed, target: Generation) -> None:
    """Delete from `target` what `source` has not, or has not any more."""
    for batch in batches(_in_step(target.ids(), source.ids()), _BATCH):
        strangers = [each for each, there in batch if not there]
        if strangers:
            target.delete(strangers)


def _check_equal(ours: Point, theirs: Point) -> None:
    same = ours.id == theirs.id and dict(ours.payload) == dict(theirs.payload)
    same = same and set(ours.vectors) == set(theirs.vectors) and _same_words(ours, theirs)
    if not same or not all(
        np.allclose(vector, theirs.vectors[name], atol=_CLOSE)
        for name, vector in ours.vectors.items()
    ):
        raise StoreError(
            f"Item '{ours.id}' did not arrive as it was.",
            hint="Was it changed meanwhile? Delete the unpublished copy by `binocle collections "
            "prune` and run it again.",
        )
