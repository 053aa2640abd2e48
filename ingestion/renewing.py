"""Items whose image stayed the same: a new payload beside the vectors that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import InvalidItem
from ingestion.deciding import Wanted
from ingestion.indexing import has_new_words, with_words
from ingestion.ledger import Ledger
from ingestion.payload import renewed_payload
from ingestion.target import Target
from qdrant.store import TEXT, Point


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
        present = {point.id: point for point in self._generation.retrieve(ids)}
        payloads: dict[str, Mapping[str, Any]] = {}
        entries = {}
        missing = []
        for one in wanted:
            there = present.get(one.candidate.item.id)
            if there is None:
                missing.append(one)
                continue
            try:
                payloads[there.id] = self._renewed(one, there)
                entries[there.id] = replace(one.entry, sha256=one.held)
            except InvalidItem as error:
                self._reject(one, error)
        if self._ledger is not None:
            self._ledger.begin(entries)
        self._write(payloads, present)
        if self._ledger is not None:
            self._ledger.settle(list(entries))
        return len(payloads), missing

    def _renewed(self, one: Wanted, present: Point) -> dict[str, Any]:
        schema = self._generation.config.schema
        return renewed_payload(one.candidate.item, schema, present.payload, hashed=one.entry.item)

    def _write(
        self, payloads: Mapping[str, Mapping[str, Any]], present: Mapping[str, Point]
    ) -> None:
        """Whole points only where their words are others: the rest keep all their vectors."""
        config = self._generation.config
        reworded = [
            each
            for each in payloads
            if TEXT in config.sparse and has_new_words(payloads[each], present[each].payload)
        ]
        if reworded:
            points = self._generation.retrieve(reworded, with_vectors=True)
            self._generation.upsert(
                [with_words(replace(p, payload=payloads[p.id]), config) for p in points]
            )
        reworded_ids = set(reworded)
        same = {each: payloads[each] for each in payloads if each not in reworded_ids}
        if same:
            self._generation.set_payloads(same)
