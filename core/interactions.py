"""Interactions: what one search showed to one person, and what they did with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

QueryKind = Literal["text", "image", "mixed", "items", "browse"]
"""What was asked by: words, images, both, items already indexed, or filters alone."""

IMPRESSION = "impression"
CLICK = "click"
DWELL = "dwell"
BUILTIN_ACTIONS = (IMPRESSION, CLICK, DWELL)
"""Actions whose meaning is fixed; any other name is a conversion, such as 'add_to_cart'."""


@dataclass(frozen=True)
class Event:
    """One thing that happened to one item of one search's answer.

    Attributes:
        query_id: of the answer, as the search gave it.
        item: id of the item.
        action: one of BUILTIN_ACTIONS, or the name of a conversion.
        at: when, aware.
        position: place on the whole ranking, from 1, pages counted on; None where not known.
        seconds: of a dwell, how long; else None.
        value: of a conversion, its worth in whatever the shop counts; else None.
    """

    query_id: str
    item: str
    action: str
    at: datetime
    position: int | None = None
    seconds: float | None = None
    value: float | None = None


@dataclass(frozen=True)
class Asked:
    """One search that was answered, as far as it is kept.

    Attributes:
        query_id: what ties events to it.
        collection, generation: what answered.
        at: when, aware.
        kind: what it was asked by.
        text: the words, '' where there are none.
        image: SHA-256 of the query's image in hex, where it has one.
        found: how many hits the page had.
        latency_ms: of the answer, in the service.
        user, session: opaque keyed hashes; None where not told.
        variants: of each running experiment by name, the variant that answered.
        sources: of each hit that interleaving drew, by item id, the variant it came from.
        randomised: whether the order was shuffled to learn position bias.
        client: what asked: 'page', 'api', or a name it gave.
        encoder: fingerprint of the towers that answered.
    """

    query_id: str
    collection: str
    generation: str
    at: datetime
    kind: QueryKind
    text: str = ""
    image: str | None = None
    found: int = 0
    latency_ms: float | None = None
    user: str | None = None
    session: str | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    randomised: bool = False
    client: str = "api"
    encoder: str = ""


@dataclass(frozen=True)
class Visit:
    """One search with all that was done with its answer: what online metrics are computed from."""

    asked: Asked
    events: tuple[Event, ...] = ()

    @property
    def shown(self) -> tuple[Event, ...]:
        """The impressions."""
        return tuple(event for event in self.events if event.action == IMPRESSION)

    @property
    def clicks(self) -> tuple[Event, ...]:
        """The clicks."""
        return tuple(event for event in self.events if event.action == CLICK)

    @property
    def conversions(self) -> tuple[Event, ...]:
        """Events of no built-in action."""
        return tuple(event for event in self.events if event.action not in BUILTIN_ACTIONS)
