"""What is kept of a search that was answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.interactions.asker import Asker
from app.search.present import Answer
from app.search.query import IdPart, ImagePart, SearchRequest, TextPart, UrlPart
from core.interactions import Asked, QueryKind

_MAX_TEXT = 1_000


@dataclass(frozen=True)
class Searched:
    """A search and its answer, before it has an id.

    Attributes:
        at: when it was asked, aware.
        latency_ms: of the answer, in the service.
        image: SHA-256 of the query's first image, in hex; see `image_of`.
        variants, sources, randomised: as `core.interactions.Asked` has them.
    """

    request: SearchRequest
    answer: Answer
    asker: Asker
    at: datetime
    latency_ms: float
    image: str | None = None
    variants: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    randomised: bool = False

    @property
    def kind(self) -> QueryKind:
        """What it was asked by."""
        return kind_of(self.request)

    def asked(self, query_id: str) -> Asked:
        """The search as it is kept."""
        return Asked(
            query_id=query_id,
            collection=self.answer.collection,
            generation=self.answer.generation,
            at=self.at,
            kind=self.kind,
            text=text_of(self.request),
            image=self.image,
            found=len(self.answer.hits),
            latency_ms=self.latency_ms,
            user=self.asker.user,
            session=self.asker.session,
            variants=self.variants,
            sources=self.sources,
            randomised=self.randomised,
            client=self.asker.client,
            encoder=self.answer.encoder,
        )


def kind_of(request: SearchRequest) -> QueryKind:
    """What a search is asked by. A vector says nothing of its kind: it counts as a mix."""
    if not request.parts:
        return "browse"
    kinds: set[QueryKind] = set()
    for part in request.parts:
        if isinstance(part, TextPart):
            kinds.add("text")
        elif isinstance(part, ImagePart | UrlPart):
            kinds.add("image")
        else:
            kinds.add("items" if isinstance(part, IdPart) else "mixed")
    return kinds.pop() if len(kinds) == 1 else "mixed"


def text_of(request: SearchRequest) -> str:
    """The words that are wanted, as they were asked, at most 1,000 characters."""
    texts = [each.text for each in request.parts if isinstance(each, TextPart) and each.weight > 0]
    return " ".join(texts)[:_MAX_TEXT]


def image_of(request: SearchRequest) -> bytes | None:
    """The file of the query's first image that was sent; None where there is none."""
    return next((each.data for each in request.parts if isinstance(each, ImagePart)), None)


def image_hash(request: SearchRequest) -> str | None:
    """SHA-256 of that file in hex: milliseconds for a large photo."""
    data = image_of(request)
    return None if data is None else hashlib.sha256(data).hexdigest()
