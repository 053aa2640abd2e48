"""Writing beside the loads: what is written is noted first, so that no load relies on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.fields import FieldType
from qdrant.store import Generation, Point

Note = Callable[[str, str, Sequence[str]], None]
"""Is told a collection, a generation, and the ids of what is about to be written there."""


class Writer:
    """Writes to one generation; see `qdrant.store.Generation`. Made by `OpenCollection.writing`.

    Args:
        note: called before each write. A process that dies between has noted too much, which costs
            a comparison. Where other processes write to the generation, it is called again after:
            a load may have begun an entry in between.
    """

    def __init__(self, generation: Generation, note: Note | None) -> None:
        self._generation = generation
        self._tell = note

    def upsert(self, points: Sequence[Point]) -> None:
        ids = [point.id for point in points]
        self._note(ids)
        self._generation.upsert(points)
        self._note_again(ids)

    def set_payload(self, point_id: str, payload: Mapping[str, Any]) -> None:
        self._note([point_id])
        self._generation.set_payload(point_id, payload)
        self._note_again([point_id])

    def set_payloads(self, payloads: Mapping[str, Mapping[str, Any]]) -> None:
        ids = list(payloads)
        self._note(ids)
        self._generation.set_payloads(payloads)
        self._note_again(ids)

    def add_fields(self, fields: Mapping[str, FieldType]) -> None:
        self._generation.add_fields(fields)

    def delete(self, ids: Sequence[str]) -> None:
        self._note(ids)
        self._generation.delete(ids)
        self._note_again(ids)

    def _note(self, ids: Sequence[str]) -> None:
        if self._tell is not None:
            self._tell(self._generation.collection, self._generation.name, ids)

    def _note_again(self, ids: Sequence[str]) -> None:
        if self._generation.shared:
            self._note(ids)
