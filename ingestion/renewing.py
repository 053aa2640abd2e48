"""Items whose image stayed the same: a new payload beside the vectors that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.errors import InvalidItem
from ingestion.deciding import Wanted
from ingestion.indexing import with_words
from ingestion.ledger import Ledger
from ingestion.payload import renewed_payload
from ingestion.target import Target
from qdrant.store import Point


class Renewer:
    """Writes new payloads. Safe to call from several threads.

    Args:
        ledger: None keeps none.
        reject: called for an item that can't be stored.
    """

    def __init__(
        self,
        generation: Target,
        ledger: Ledger | None,
        reject: Callable[[Wanted, InvalidItem], None],
    ) -> None:
        self._generation = generation
        self._ledger = ledger
        self._reject = reject

    def renew(self, wanted: Sequence[Wanted]) -> tuple[int, list[Wanted]]:
        """How many were written, and those that the collection does not hold after all."""
        ids = [one.candidate.item.id for one in wanted]
        present = {p.id: p for p in self._generation.retrieve(ids, with_vectors=True)}
        points: list[Point] = []
        entries = {}
        missing = []
        for one in wanted:
            there = present.get(one.candidate.item.id)
            if there is None:
                missing.append(one)
                continue
            try:
                points.append(self._renewed(one, there))
                entries[there.id] = replace(one.entry, sha256=one.held)
            except InvalidItem as error:
                self._reject(one, error)
        if self._ledger is not None:
            self._ledger.begin(entries)
        if points:
            self._generation.upsert(points)
        if self._ledger is not None:
            self._ledger.settle(list(entries))
        return len(points), missing

    def _renewed(self, one: Wanted, present: Point) -> Point:
        item, schema = one.candidate.item, self._generation.config.schema
        payload = renewed_payload(item, schema, present.payload)
        return with_words(replace(present, payload=payload), self._generation.config)
