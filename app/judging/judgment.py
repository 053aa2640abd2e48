"""What a person judged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

Settings: TypeAlias = Mapping[str, Any]
"""Of a ranking: what a search says beside its query, such as {"aspects": {"joint": 1}}."""
Preferred = Literal["first", "second", "tie"]

GRADES = {0: "not relevant", 1: "a little", 2: "relevant", 3: "perfect"}
"""What the grades mean."""
LONGEST_QUERY = 500
LONGEST_JUDGE = 60


@dataclass(frozen=True)
class Grade:
    """How well one item answers one query, as one judge sees it.

    Attributes:
        grade: one of GRADES.
        rankings: the two that the item was shown by, as the judge saw them.
        at: when, aware.
    """

    collection: str
    query: str
    item: str
    judge: str
    grade: int
    at: datetime
    rankings: tuple[Settings, ...] = ()


@dataclass(frozen=True)
class Preference:
    """Which of two rankings answers a query better, as one judge sees it.

    Attributes:
        first, second: the rankings, in the order of their texts, whichever way they were shown.
        preferred: of them.
        swapped: whether the second stood on the left.
        at: when, aware.
    """

    collection: str
    query: str
    judge: str
    first: Settings
    second: Settings
    preferred: Preferred
    swapped: bool
    at: datetime = field(compare=False)


def query_id(text: str) -> str:
    """The id of a query in files: 16 characters without spaces, the same for the same words."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:16]


def plain(text: str) -> str:
    """A query as it is kept: on one line, spaces single."""
    return " ".join(text.split())


def canonical(settings: Settings) -> str:
    """The same text for the same settings."""
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def ordered(
    one: Settings, other: Settings, preferred: Preferred, *, swapped: bool
) -> tuple[Settings, Settings, Preferred, bool]:
    """Two rankings, and what was said of them, in the order of their texts."""
    if canonical(one) <= canonical(other):
        return one, other, preferred, swapped
    turned: dict[Preferred, Preferred] = {"first": "second", "second": "first", "tie": "tie"}
    return other, one, turned[preferred], not swapped
