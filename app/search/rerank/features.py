"""What a learned ranker sees of a candidate: the same when it is trained and when it ranks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.search.candidates import AspectScore, Candidate
from core.fields import parse_datetime
from qdrant.matching import field_values

_ASPECTS = ("joint", "lexical", "appearance")
FEATURES = (
    *_ASPECTS,
    *(f"{name}_place" for name in _ASPECTS),
    "place",
    "title_share",
    "field_share",
    "popularity",
    "age_days",
    "clicks",
)
"""Names of the columns, in their order."""
_WORD = re.compile(r"\w+")
_PLACE_SCALE = 60.0
"""As in reciprocal rank fusion (Cormack et al. 2009)."""


@dataclass(frozen=True)
class FeatureSource:
    """Where the features lie that are no scores.

    Args:
        popularity: a number field, such as sales; None: unknown for all.
        freshness: a datetime field.
        clicks: click rate of items, corrected for position, by id (training/ranker/click_table.py).
    """

    popularity: str | None = None
    freshness: str = "uploaded_at"
    clicks: Mapping[str, float] = field(default_factory=dict)


def features(
    candidates: Sequence[Candidate], text: str | None, source: FeatureSource
) -> NDArray[np.float32]:
    """float32 (n, len(FEATURES)); NaN is unknown, which trees know how to handle.

    Places are those among the candidates given: a stage orders these and no others.

    Args:
        candidates: n, best first.
        text: of the query; None where it has none.
        source: where popularity, freshness and clicks come from.
    """
    asked = _words([text or ""])
    now = datetime.now(UTC)
    places = [_places([each.aspects.get(name) for each in candidates]) for name in _ASPECTS]
    places.append([1.0 / (_PLACE_SCALE + place) for place in range(1, len(candidates) + 1)])
    rows = [
        _row(candidate, own, asked, source, now)
        for candidate, *own in zip(candidates, *places, strict=True)
    ]
    return np.asarray(rows, dtype=np.float32).reshape(len(rows), len(FEATURES))


def _row(
    candidate: Candidate,
    places: Sequence[float],
    asked: set[str],
    source: FeatureSource,
    now: datetime,
) -> list[float]:
    aspects = [candidate.aspects.get(name) for name in _ASPECTS]
    payload = candidate.payload
    fields = (
        value
        for name, own in payload.items()
        if not name.startswith("_") and name != "title"
        for value in (own if isinstance(own, list) else [own])
    )
    return [
        *(math.nan if aspect is None else aspect.raw for aspect in aspects),
        *places,
        _share(asked, [payload.get("title", "")]),
        _share(asked, fields),
        _popularity(payload, source.popularity),
        _age(payload, source.freshness, now),
        source.clicks.get(candidate.id, math.nan),
    ]


def _places(aspects: Sequence[AspectScore | None]) -> list[float]:
    """Of each candidate 1 / (60 + its place by the aspect alone), equal scores at one place; NaN
    where the aspect has none."""
    raw = sorted(-aspect.raw for aspect in aspects if aspect is not None)
    place = {score: at for at, score in reversed(list(enumerate(raw, start=1)))}
    return [
        math.nan if aspect is None else 1.0 / (_PLACE_SCALE + place[-aspect.raw])
        for aspect in aspects
    ]


def _share(asked: set[str], values: Iterable[Any]) -> float:
    """Share of the query's words that the values have."""
    if not asked:
        return math.nan
    return len(asked & _words(v for v in values if isinstance(v, str))) / len(asked)


def _words(texts: Iterable[str]) -> set[str]:
    """Words in lower case, without the s of a plural."""
    words = (word for text in texts for word in _WORD.findall(text.lower()))
    return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words}


def _popularity(payload: Mapping[str, Any], name: str | None) -> float:
    numbers = [v for v in (field_values(payload, name) if name else []) if _is_number(v)]
    return math.log1p(max(max(numbers), 0.0)) if numbers else math.nan


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _age(payload: Mapping[str, Any], name: str, now: datetime) -> float:
    moments = [parse_datetime(value) for value in field_values(payload, name)]
    return (now - max(moments)).total_seconds() / 86_400 if moments else math.nan
