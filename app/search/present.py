"""Present: points -> the hits that people and programs see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import Candidate
from app.search.presentation.placed import Placed


@dataclass(frozen=True)
class Hit:
    """An item found.

    Attributes:
        score: what it is ranked by: the cosine, -1 to 1, unless aspects were fused or stages
            re-ranked; None in a browse.
        relevance: calibrated, 0 to 1; None in a browse and where it is not known.
        alike: near-duplicates that stand behind it, best first; `list_alike`: tell their ids.
        group: its value of the field that hits are grouped by.
    """

    id: str
    score: float | None
    relevance: float | None
    title: str
    payload: Mapping[str, Any]
    thumbnail: str | None
    explanation: Mapping[str, Any] | None = None
    missing: tuple[str, ...] | None = None
    alike: tuple[str, ...] = ()
    list_alike: bool = False
    group: str | None = None

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
        if self.alike:
            hit["alike"] = len(self.alike)
            if self.list_alike:
                hit["alike_ids"] = list(self.alike)
        if self.group is not None:
            hit["group"] = self.group
        return hit if self.explanation is None else {**hit, "explanation": self.explanation}


@dataclass(frozen=True)
class Answer:
    """One page of a search. Times in milliseconds.

    Attributes:
        total: None where it is among what is missing.
        missing: what could not be found out, of 'total', 'facets' and 'explanation'. Only ever
            something where a partial answer was asked for.
        understood: what each text that was read as a box was understood to say.
        no_match: a query was asked, and nothing is good enough to be an answer.
        nearest_below: then, where it was asked for, the nearest of what was cut off.
        encoder: fingerprint of the towers of the vectors; not told.
    """

    collection: str
    generation: str
    hits: list[Hit]
    total: int | None
    cursor: str | None
    facets: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    histograms: Mapping[str, list[dict[str, float]]] = field(default_factory=dict)
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    explanation: Mapping[str, Any] | None = None
    missing: tuple[str, ...] | None = None
    understood: tuple[Mapping[str, Any], ...] = ()
    no_match: bool = False
    nearest_below: tuple[Hit, ...] = ()
    encoder: str = ""

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
        if self.histograms:
            answer["histograms"] = self.histograms
        if self.no_match:
            answer["no_match"] = True
        if self.nearest_below:
            answer["nearest_below"] = [hit.as_json() for hit in self.nearest_below]
        if self.understood:
            answer["understood"] = list(self.understood)
        if self.missing is not None:
            answer["missing"] = list(self.missing)
        return answer if self.explanation is None else {**answer, "explanation": self.explanation}


def public_payload(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may be shown: without those that are internal."""
    return {name: value for name, value in payload.items() if name[:1] != "_"}


def thumbnail_url(collection: str, item_id: str, payload: Mapping[str, Any]) -> str | None:
    """Where the item's thumbnail is served; None where it has none."""
    if "_thumbnail" not in payload:
        return None
    return f"/v1/collections/{collection}/items/{quote(item_id, safe='')}/thumbnail"


def explanation_of(
    candidate: Candidate, cosines: NDArray[np.float32], matched: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Why a hit stands where it does.

    Args:
        cosines: float32 (n,), of each part of the query to it.
        matched: by field, its words that are the query's.
    """
    return {
        "parts": [round(float(cosine), 6) for cosine in cosines],
        "aspects": {
            name: {"raw": round(aspect.raw, 6), "rank": aspect.rank}
            for name, aspect in candidate.aspects.items()
        },
        "matched": matched,
        "changes": [change.as_json() for change in candidate.changes],
    }


def hit_of(collection: str, placed: Placed, *, ranked: bool, list_alike: bool = False) -> Hit:
    """The hit for what is placed; score and relevance only where the answer is `ranked`."""
    candidate = placed.candidate
    return Hit(
        id=candidate.id,
        score=candidate.score if ranked else None,
        relevance=placed.relevance if ranked else None,
        title=str(candidate.payload.get("title", "")),
        payload=public_payload(candidate.payload),
        thumbnail=thumbnail_url(collection, candidate.id, candidate.payload),
        alike=placed.alike,
        list_alike=list_alike,
        group=placed.group,
    )
