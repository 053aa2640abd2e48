"""Present: points -> the hits that people and programs see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.search.candidates import Candidate


@dataclass(frozen=True)
class Hit:
    """An item found. score: cosine, -1 to 1; relevance: calibrated, 0 to 1; None in a browse."""

    id: str
    score: float | None
    relevance: float | None
    title: str
    payload: Mapping[str, Any]
    thumbnail: str | None
    explanation: Mapping[str, Any] | None = None
    missing: tuple[str, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The hit as the HTTP API writes it."""
        hit: dict[str, Any] = {
            "id": self.id,
            "score": self.score,
            "relevance": self.relevance,
            "title": self.title,
            "payload": self.payload,
            "thumbnail": self.thumbnail,
        }
        return hit if self.explanation is None else {**hit, "explanation": self.explanation}


@dataclass(frozen=True)
class Answer:
    """One page of a search. Times in milliseconds.

    Attributes:
        total: None where it is among what is missing.
        missing: what could not be found out, of 'total', 'facets' and 'explanation'. Only ever
            something where a partial answer was asked for.
        understood: what each text that was read as a box was understood to say.
    """

    collection: str
    generation: str
    hits: list[Hit]
    total: int | None
    cursor: str | None
    facets: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    explanation: Mapping[str, Any] | None = None
    missing: tuple[str, ...] | None = None
    understood: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The answer as the HTTP API and `binocle search --json` write it."""
        answer: dict[str, Any] = {
            "hits": [hit.as_json() for hit in self.hits],
            "total": self.total,
            "cursor": self.cursor,
            "facets": self.facets,
            "timings_ms": self.timings_ms,
            "collection": self.collection,
            "generation": self.generation,
        }
        if self.understood:
            answer["understood"] = list(self.understood)
        if self.missing is not None:
            answer["missing"] = list(self.missing)
        return answer if self.explanation is None else {**answer, "explanation": self.explanation}


def public_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may be shown: without those that are internal."""
    return {name: value for name, value in payload.items() if not name.startswith("_")}


def thumbnail_url(collection: str, item_id: str, payload: Mapping[str, Any]) -> str | None:
    """Where the item's thumbnail is served; None where it has none."""
    if "_thumbnail" not in payload:
        return None
    return f"/v1/collections/{collection}/items/{quote(item_id, safe='')}/thumbnail"


def hit_of(
    collection: str,
    candidate: Candidate,
    *,
    ranked: bool,
    relevance: Callable[[float], float | None],
) -> Hit:
    """The hit for a candidate; score and relevance only where candidates are `ranked`."""
    return Hit(
        id=candidate.id,
        score=candidate.score if ranked else None,
        relevance=relevance(candidate.score) if ranked else None,
        title=str(candidate.payload.get("title", "")),
        payload=public_payload(candidate.payload),
        thumbnail=thumbnail_url(collection, candidate.id, candidate.payload),
    )
