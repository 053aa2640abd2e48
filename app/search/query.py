"""What can be asked: a weighted mix of texts, images, items and vectors, with a filter."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from app.search.policy import ANYONE, Viewer
from app.search.shaping import AS_CONFIGURED, Shaping
from core.errors import InvalidQuery

MAX_PARTS = 20
MAX_TEXT = 10_000
_MAX_WEIGHT = 1_000.0
_EDGE = 1e-9
"""How far rounding may carry a region over the image's edge."""

Bins: TypeAlias = int | tuple[float, ...]
Recognise: TypeAlias = Literal["off", "boost", "filter"]


@dataclass(frozen=True)
class Region:
    """A part of an image: upper left corner, width and height, as shares of the upright image's
    width and height. Raises InvalidQuery where it is empty or leaves the image."""

    x: float
    y: float
    w: float
    h: float

    def __post_init__(self) -> None:
        numbers = (self.x, self.y, self.w, self.h)
        inside = (
            all(map(math.isfinite, numbers))
            and min(self.x, self.y) >= 0
            and min(self.w, self.h) > 0
            and max(self.x + self.w, self.y + self.h) <= 1 + _EDGE
        )
        if not inside:
            raise InvalidQuery(
                f"The region {self.x:g}, {self.y:g}, {self.w:g} x {self.h:g} is empty or does not "
                "lie in the image.",
                hint="x, y, w and h are shares of the image's width and height, from 0 to 1; x + w "
                "and y + h are at most 1.",
                field="region",
            )


@dataclass(frozen=True)
class TextPart:
    """A text of at most 10,000 characters, at least one of which is no space."""

    text: str
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidQuery(
                "The query's text is empty.", hint="To browse, leave the query out.", field="text"
            )
        if len(self.text) > MAX_TEXT:
            raise InvalidQuery(
                f"The query's text has {len(self.text):,} characters; {MAX_TEXT:,} are allowed.",
                field="text",
            )
        try:
            self.text.encode()
        except UnicodeEncodeError:
            raise InvalidQuery("The query's text is no valid Unicode.", field="text") from None


@dataclass(frozen=True)
class ImagePart:
    """An image's file, as bytes, or a region of the image."""

    data: bytes = field(repr=False)
    weight: float = 1.0
    region: Region | None = None


@dataclass(frozen=True)
class UrlPart:
    """The URL of an image, to be fetched, or a region of it."""

    url: str
    weight: float = 1.0
    region: Region | None = None


@dataclass(frozen=True)
class IdPart:
    """An item already indexed, or a region of its image."""

    id: str
    weight: float = 1.0
    region: Region | None = None


@dataclass(frozen=True)
class VectorPart:
    """A vector of the joint space, of any length but zero."""

    vector: tuple[float, ...]
    weight: float = 1.0


Part: TypeAlias = TextPart | ImagePart | UrlPart | IdPart | VectorPart


@dataclass(frozen=True)
class SearchRequest:
    """One page of a search. No parts: browse, in a fixed order, without scores.

    Args:
        parts: at most 20, weights finite, at most 1,000 in size, not all zero.
        filter: as `core.filter_parser.parse_filter` takes it.
        limit: most hits on the page.
        cursor: of the page before, or None for the first.
        facets: fields whose values to count among all items that pass the filter.
        histograms: number fields, each with the most bins, or with their edges, to count them in.
        sort: of a browse: the field to sort by, largest first with a minus before it.
        explain: tell how the answer came about.
        understand: read the wanted texts by the grammar of the one box (app/search/language).
        recognise: what becomes of words in such a text that are values of keyword attributes.
        partial: where the store fails after the hits were found, answer without the rest of it.
        shaping: how the answer is re-ranked, collapsed, grouped, diversified and cut off.
        viewer: who asks, which decides what may be seen.
    """

    parts: tuple[Part, ...] = ()
    filter: Any = None
    limit: int = 20
    cursor: str | None = None
    facets: tuple[str, ...] = ()
    histograms: Mapping[str, Bins] = field(default_factory=dict)
    sort: str | None = None
    explain: bool = False
    partial: bool = False
    shaping: Shaping = AS_CONFIGURED
    viewer: Viewer = ANYONE
    understand: bool = False
    recognise: Recognise = "off"

    def __post_init__(self) -> None:
        if self.recognise not in get_args(Recognise):
            raise InvalidQuery(
                f"recognise is '{self.recognise}'.",
                hint="Use off, boost or filter.",
                field="recognise",
            )
        if len(self.parts) > MAX_PARTS:
            raise InvalidQuery(
                f"The query has {len(self.parts)} parts; {MAX_PARTS} are allowed.", field="query"
            )
        if self.limit < 1:
            raise InvalidQuery(f"limit is {self.limit}; it starts at 1.", field="limit")
        for part in self.parts:
            if not math.isfinite(part.weight) or abs(part.weight) > _MAX_WEIGHT:
                raise InvalidQuery(
                    f"A weight is {part.weight}; weights lie from -1,000 to 1,000.", field="weight"
                )
        if self.parts and not any(part.weight for part in self.parts):
            raise InvalidQuery("All weights of the query are zero.", field="weight")

    @property
    def has_images(self) -> bool:
        """Whether images have to be decoded and encoded."""
        return any(
            isinstance(part, ImagePart | UrlPart)
            or (isinstance(part, IdPart) and part.region is not None)
            for part in self.parts
        )

    def digest(self, collection: str) -> str:
        """Names the question, whatever the page and the order of its parts."""
        parts = sorted(_part_digest(part) for part in self.parts)
        question = [collection, parts, self.filter, self.understand and self.recognise]
        question += [repr(self.shaping), repr(self.viewer), self.sort]
        text = json.dumps(question, sort_keys=True, default=str)
        return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _part_digest(part: Part) -> str:
    value = repr(part).encode(errors="replace")
    if isinstance(part, ImagePart):
        value += part.data
    return f"{type(part).__name__}:{part.weight!r}:{hashlib.sha256(value).hexdigest()}"
