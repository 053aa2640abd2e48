"""Judging the safety of what a collection holds already, from the vectors that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.wiring import Wiring
from core.errors import InvalidRequest
from encoders.safety import load_judge
from ingestion.judging import with_safety
from ingestion.payload import JUDGED

_PAGE = 500
_SAFETY = "safety"


@dataclass(frozen=True)
class Swept:
    """judged: items that have what this judge says; said: those whose source or a person had said
    it, which stays; unsafe: of those judged, how many are so from the settings' threshold on."""

    judged: int = 0
    said: int = 0
    unsafe: int = 0


def sweep(
    wiring: Wiring,
    collection: str,
    spec: str,
    *,
    progress: Callable[[int], None] | None = None,
) -> Swept:
    """Judge every item that nobody has judged but a judge.

    Args:
        spec: of the judge, as the setting `derive.safety` names it.
        progress: told how many items were looked at.

    Raises CollectionNotFound, CollectionBusy, InvalidRequest where `safety` is the catalog's own
    field, SettingsError, EncoderMismatch, EncoderError and StoreError.
    """
    swept, after = Swept(), None
    with wiring.catalog.lease(collection) as opened:
        if not opened.schema.derives(_SAFETY):
            raise InvalidRequest(
                f"In '{collection}' safety is a field of the catalog's own.", field="collection"
            )
        encoder = wiring.encoder_of(collection, opened.config)
        load_judge(spec, encoder)  # what is wrong with it is told before anything is written
        looked = 0
        while True:
            points, after = opened.generation.scroll(limit=_PAGE, after=after)
            ids = [p.id for p in points if _SAFETY not in p.payload or JUDGED in p.payload]
            with opened.writing() as writer:  # nobody changes them between reading and writing
                found = opened.generation.retrieve(ids, with_vectors=True) if ids else []
                bare = [replace(p, payload=_unjudged(p.payload)) for p in found]
                judged = with_safety(bare, spec, encoder, opened.schema)
                if judged:
                    writer.set_payloads({point.id: point.payload for point in judged})
            looked += len(points)
            swept = Swept(
                swept.judged + len(judged),
                swept.said + len(points) - len(ids),
                swept.unsafe
                + sum(p.payload[_SAFETY] >= wiring.settings.unsafe_from for p in judged),
            )
            if progress is not None:
                progress(looked)
            if after is None:
                return swept


def _unjudged(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in (_SAFETY, JUDGED)}
