"""Items whose image stayed the same: a new payload beside the vectors that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import InvalidItem
from ingestion.deciding import Wanted
from ingestion.indexing import has_new_words, with_words
from ingestion.ledger import Ledger
from ingestion.payload import SHA256, renewed_payload
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
        """How many were written, and those that the collection does not hold after all, or with
        another image: somebody wrote to them meanwhile.

        Begun in the ledger before they are looked up, so that such a write is never taken for ours.
        """
        entries = {one.candidate.item.id: replace(one.entry, sha256=one.held) for one in wanted}
        if self._ledger is not None:
            self._ledger.begin(entries)
        present = {point.id: point for point in self._generation.retrieve(list(entries))}
        payloads: dict[str, Mapping[str, Any]] = {}
        missing = []
        for one in wanted:
            there = present.get(one.candidate.item.id)
            if there is None or there.payload.get(SHA256) != one.held:
                missing.append(one)
                continue
            try:
                payloads[there.id] = self._renewed(one, there)
            except InvalidItem as error:
                self._reject(one, error)
        self._write(payloads, present)
        if self._ledger is not None:
            self._ledger.settle(list(payloads))
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
                [
                    with_words(replace(point, payload=payloads[point.id]), config)
                    for point in points
                    if point.payload.get(SHA256) == payloads[point.id].get(SHA256)
                ]
            )
        reworded_ids = set(reworded)
        same = {each: payloads[each] for each in payloads if each not in reworded_ids}
        if same:
            self._generation.set_payloads(same)
