"""What the service answers, typed. Fields that a newer service adds are passed over."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Hit(_Answer):
    """An item found.

    score: what hits are ranked by, None in a browse; relevance: calibrated, 0 to 1, None where it
    is not known; thumbnail: its path below the service's address; alike: near-duplicates behind it;
    explanation: with `explain` only.
    """

    id: str
    score: float | None = None
    relevance: float | None = None
    title: str = ""
    payload: dict[str, Any] = {}
    thumbnail: str | None = None
    alike: int = 0
    alike_ids: list[str] = []
    group: str | None = None
    explanation: dict[str, Any] | None = None


class FacetValue(_Answer):
    """A value, and how many items have it among those that pass the filter."""

    value: str | int | bool
    count: int


class Bin(_Answer):
    """Items from `low` on and below `high`; the last bin holds its `high`, too."""

    low: float = Field(alias="from")
    high: float = Field(alias="to")
    count: int


class Page(_Answer):
    """One page of a search. cursor: ask for the next page with it; None after the last.

    total: items that pass the filter; None where it is among what is `missing` of a partial answer.
    no_match: nothing is good enough to be an answer. query_id: what events are told by.
    """

    query_id: str = ""
    hits: list[Hit]
    total: int | None
    cursor: str | None = None
    facets: dict[str, list[FacetValue]] = {}
    histograms: dict[str, list[Bin]] = {}
    timings_ms: dict[str, float] = {}
    collection: str
    generation: str
    explanation: dict[str, Any] | None = None
    understood: list[dict[str, Any]] = []
    no_match: bool = False
    nearest_below: list[Hit] = []
    missing: list[str] = []


class Suggestion(_Answer):
    """A text that may be meant. box: what the box says once it is taken."""

    text: str
    kind: str
    field: str | None = None
    count: int = 0
    box: str = ""


class Suggested(_Answer):
    """Suggestions, best first. ready: False while they are gathered for the first time."""

    suggestions: list[Suggestion]
    corrected: str | None = None
    ready: bool = True


class Item(_Answer):
    """An item as it is stored. payload: its public fields."""

    id: str
    title: str = ""
    payload: dict[str, Any] = {}
    thumbnail: str | None = None
    collection: str


class Outcome(_Answer):
    """What became of one item of many. field, reason: what is wrong with a rejected one."""

    id: str | None
    status: Literal["indexed", "rejected"]
    field: str | None = None
    reason: str | None = None


class Uploaded(_Answer):
    """What became of many items. rejects: those that could not be used, in their order."""

    indexed: int
    rejects: list[Outcome] = []


class Collection(_Answer):
    """A collection. count: its public items."""

    name: str
    count: int
    generation: str
    encoder: str


class CollectionInfo(Collection):
    """A collection in full. fields: all that can be filtered by, with their types."""

    fingerprint: str
    dim: int
    quantization: str
    indexed_vectors: int
    bytes_on_disk: int | None = None
    generations: list[str]
    fields: dict[str, str]
    attributes: list[str]


class SearchedAnswer(_Answer):
    """One of a batch."""

    answer: Page | None
    problem: dict[str, Any] | None


class BatchAnswer(_Answer):
    results: list[SearchedAnswer]


class ItemsAnswer(_Answer):
    indexed: int
    results: list[Outcome]


class CollectionsAnswer(_Answer):
    collections: list[Collection]


class RefusedEvent(_Answer):
    """An event that is not kept. index: its place among those told, from 0."""

    index: int
    problem: str


class Told(_Answer):
    """What became of events that were told."""

    accepted: int
    refused: list[RefusedEvent] = []
