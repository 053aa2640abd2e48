"""The writing end of a load: encoded items into their groups, the ledger and the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import InvalidItem
from ingestion.deciding import Wanted
from ingestion.duplicates import with_groups
from ingestion.judging import with_safety
from ingestion.task import Task
from ingestion.under_way import Encoded
from qdrant.store import Point


class PointWriter:
    """Writes batches of points. For one thread at a time.

    Args:
        reject: called for an item that the store refuses.
    """

    def __init__(self, task: Task, reject: Callable[[Wanted, InvalidItem], None]) -> None:
        self._task = task
        self._reject = reject

    def write(self, encoded: Sequence[Encoded]) -> int:
        """How many were written; one that the store refuses leaves the others alone. Raises
        StoreError and DatabaseError."""
        ledger = self._task.ledger
        entries = {one.point.id: one.wanted.entry for one in encoded}
        try:
            if ledger is not None:
                ledger.begin(entries)
            self._task.generation.upsert(self._points(encoded))
            if ledger is not None:
                ledger.settle(list(entries))
            return len(encoded)
        except InvalidItem as error:  # of one of them; none is written
            if len(encoded) > 1:
                return sum(self.write([one]) for one in encoded)
            self._reject(encoded[0].wanted, error)
            return 0

    def _points(self, encoded: Sequence[Encoded]) -> list[Point]:
        """In the groups of their near-duplicates, judged where that is wished for."""
        task = self._task
        schema = task.generation.config.schema
        points = [one.point for one in encoded]
        return with_groups(
            with_safety(points, task.derive.safety, task.encoder, schema),
            {one.point.id: one.likeness for one in encoded},
            task.duplicates,
            schema,
        )
