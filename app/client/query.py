"""What is asked: parts of a query, and searches."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypedDict, Unpack

from core.errors import ImageUnreadable, InvalidQuery


@dataclass(frozen=True)
class Part:
    """One part of a query: exactly one of the first five.

    Args:
        text: what to look for, in words.
        image: an image file, as its path or its bytes.
        image_url: an image for the service to fetch.
        id: an item of the collection.
        vector: of the collection's space.
        weight: its share; negative: less of this.
        region: x, y, width and height as shares, 0 to 1: only this part of the image.

    Raises InvalidQuery where it is not one of the five.
    """

    text: str | None = None
    image: Path | bytes | None = None
    image_url: str | None = None
    id: str | None = None
    vector: Sequence[float] | None = None
    weight: float = 1.0
    region: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        kinds = (self.text, self.image, self.image_url, self.id, self.vector)
        if sum(kind is not None for kind in kinds) != 1:
            raise InvalidQuery(
                "A part is exactly one of text, image, image_url, id and vector.", field="query"
            )

    def as_json(self) -> dict[str, Any]:
        """The part as the API takes it. Reads the file of an image."""
        part: dict[str, Any] = {
            "text": self.text,
            "image": None if self.image is None else image_text(self.image),
            "image_url": self.image_url,
            "id": self.id,
            "vector": None if self.vector is None else [float(each) for each in self.vector],
            "region": None if self.region is None else dict(zip("xywh", self.region, strict=True)),
        }
        given = {name: value for name, value in part.items() if value is not None}
        return {**given, "weight": self.weight}


Query: TypeAlias = str | Part | Sequence[str | Part]
"""A text, a part, or several of both."""


class Options(TypedDict, total=False):
    """What a search takes beside its query. The service describes each at /openapi.json."""

    filter: Mapping[str, Any]
    limit: int
    cursor: str | None
    facets: Sequence[str]
    aspects: Mapping[str, float]
    histograms: Mapping[str, int | Sequence[float]]  # a field's most bins, or their edges
    sort: str
    explain: bool
    partial: bool
    understand: bool
    recognise: Literal["off", "boost", "filter"]
    collapse: bool
    list_collapsed: bool
    group: str | Mapping[str, Any]  # a field, or {"field": ..., "n": ...}
    diversity: float
    min_relevance: float
    nearest_below: bool
    rerank: Sequence[str]
    budget_ms: float
    unsafe: bool


class Search:
    """A search for `batch`: a query, None to browse, and its options."""

    def __init__(self, query: Query | None = None, **options: Unpack[Options]) -> None:
        self.query = query
        self.options = options

    def as_json(self) -> dict[str, Any]:
        """The body of the search."""
        body: dict[str, Any] = {k: v for k, v in self.options.items() if v is not None}
        for name in ("facets", "rerank"):
            if name in body:
                body[name] = list(body[name])
        if isinstance(body.get("group"), str):
            body["group"] = {"field": body["group"]}
        given = () if self.query is None else self.query
        parts = (given,) if isinstance(given, str | Part) else given
        body["query"] = [
            (Part(text=part) if isinstance(part, str) else part).as_json() for part in parts
        ]
        return body


def image_text(image: Path | bytes) -> str:
    """An image file as base64. Raises ImageUnreadable where there is none."""
    if isinstance(image, bytes):
        return base64.b64encode(image).decode()
    try:
        return base64.b64encode(image.read_bytes()).decode()
    except OSError as error:
        raise ImageUnreadable(f"{image} can't be read: {error.strerror}.") from None
