"""Requests and answers of the API as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.fields import FieldType
from qdrant.store import Quantization

_EXAMPLE_IMAGE = (  # one pixel of PNG
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
    "hQGAhKmMIQAAAABJRU5ErkJggg=="
)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QueryPart(_Body):
    """One part of a query: exactly one of text, image, image_url, id and vector."""

    text: str | None = Field(None, description="What to look for, in words.", examples=["red flag"])
    image: str | None = Field(None, description="An image file, as base64 or as a data: URL.")
    image_url: str | None = Field(None, description="An image to fetch, http or https.")
    id: str | None = Field(None, description="An item of this collection; it is left out itself.")
    vector: list[float] | None = Field(None, description="A vector of the collection's space.")
    weight: float = Field(
        1.0, ge=-1000, le=1000, description="Share in the query; negative: less of this."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> QueryPart:
        kinds = (self.text, self.image, self.image_url, self.id, self.vector)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("Each part has exactly one of text, image, image_url, id and vector.")
        return self


class SearchBody(_Body):
    """A search. Without `query`, the collection (or what passes the filter) as it comes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": [{"text": "running shoes"}], "limit": 10},
                {
                    "query": [{"text": "red"}, {"id": "shoe-17", "weight": 0.5}],
                    "filter": {"brand": ["acme", "globex"], "price": {"lt": 50}},
                    "facets": ["brand"],
                },
                {"query": [{"image": _EXAMPLE_IMAGE}]},
            ]
        }
    )

    query: list[QueryPart] = Field([], max_length=20, description="The weighted parts.")
    filter: dict[str, Any] | None = Field(None, description="Which items may be found.")
    limit: int = Field(20, ge=1, description="Most hits on the page; 200 unless set otherwise.")
    cursor: str | None = Field(None, description="Of the page before; only for the same query.")
    facets: list[str] = Field([], max_length=20, description="Fields whose values to count.")
    explain: bool = Field(False, description="Tell how the order came about.")
    partial: bool = Field(
        False,
        description="Answer with the hits alone where the store fails after they were found; what "
        "is missing is named.",
    )


class SearchParams(BaseModel):
    """The short form of a search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: str | None = Field(None, description="Text to look for; leave it out to browse.")
    filter: str | None = Field(None, description="The filter, as JSON.")
    limit: int = Field(20, ge=1, description="Most hits on the page.")
    cursor: str | None = Field(None, description="Of the page before.")
    facets: str | None = Field(None, description="Fields whose values to count, with commas.")
    explain: bool = Field(False, description="Tell how the order came about.")
    partial: bool = Field(
        False,
        description="Answer with the hits alone where the store fails after they were found; what "
        "is missing is named.",
    )


class SearchForm(SearchParams):
    """The form of a search with an uploaded image."""

    image: Any = Field(
        None,
        description="The image file.",
        json_schema_extra={"type": "string", "format": "binary"},
    )


class SimilarParams(BaseModel):
    """What `similar` takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filter: str | None = Field(None, description="The filter, as JSON.")
    limit: int = Field(20, ge=1, description="Most hits on the page.")
    cursor: str | None = Field(None, description="Of the page before.")


class HitModel(_Answer):
    id: str
    score: float | None = Field(description="Cosine, -1 to 1; null in a browse.")
    relevance: float | None = Field(
        description="Calibrated, 0 to 1: the chance that this answers the query; null where the "
        "encoder is not calibrated for this kind of query."
    )
    title: str
    payload: dict[str, Any] = Field(description="The item's public fields.")
    thumbnail: str | None = Field(description="Path of a small copy of the image.")
    explanation: dict[str, Any] | None = Field(None, description="With explain only.")


class FacetValue(_Answer):
    value: str | int | bool
    count: int


class SearchAnswer(_Answer):
    hits: list[HitModel]
    total: int | None = Field(
        description="Items that pass the filter, exactly; null only where it is missing."
    )
    cursor: str | None = Field(description="For the next page; null after the last.")
    facets: dict[str, list[FacetValue]]
    timings_ms: dict[str, float] = Field(description="Of each stage, in milliseconds.")
    collection: str
    generation: str
    explanation: dict[str, Any] | None = Field(None, description="With explain only.")
    missing: list[str] | None = Field(
        None, description="With partial only: what the store could not tell, such as 'total'."
    )


class ItemBody(BaseModel):
    """An item; beside these fields it takes the attributes that the collection declares."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "id": "shoe-17",
                    "title": "Red running shoe",
                    "tags": ["shoes"],
                    "image": _EXAMPLE_IMAGE,
                    "brand": "acme",
                }
            ]
        },
    )

    id: str | None = Field(None, description="1 to 512 printable characters; in a PUT, the path's.")
    title: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    owner_id: str | None = None
    uploaded_at: str | None = Field(None, description="ISO 8601; without an offset it is UTC.")
    visibility: Literal["public", "private"] | None = Field(
        None, description="Private items are stored but never answered."
    )
    image: str | None = Field(None, description="The image file, as base64 or as a data: URL.")
    image_url: str | None = Field(None, description="Or where to fetch it from.")


class ItemsBody(_Body):
    items: list[dict[str, Any]] = Field(
        description="Items as PUT takes them, each with its id.", min_length=1
    )


class ItemAnswer(_Answer):
    id: str
    title: str
    payload: dict[str, Any] = Field(description="The item's public fields.")
    thumbnail: str | None
    collection: str


class ItemOutcome(_Answer):
    id: str | None
    status: Literal["indexed", "rejected"]
    field: str | None = Field(None, description="Of a rejected item: what is wrong.")
    reason: str | None = Field(None, description="Of a rejected item: why.")


class ItemsAnswer(_Answer):
    indexed: int
    rejected: int
    results: list[ItemOutcome] = Field(description="In the order of the items.")


class CollectionSummary(_Answer):
    name: str
    count: int = Field(description="Public items.")
    generation: str
    encoder: str


class CollectionsAnswer(_Answer):
    collections: list[CollectionSummary]


class CollectionAnswer(CollectionSummary):
    fingerprint: str = Field(description="Of the encoder: vectors of another one don't compare.")
    dim: int
    quantization: Quantization
    indexed_vectors: int = Field(description="In the index; the rest are compared one by one.")
    bytes_on_disk: int | None = None  # None where the store does not tell
    generations: list[str] = Field(description="Oldest first.")
    fields: dict[str, FieldType] = Field(description="All fields that can be filtered by.")
    attributes: list[str] = Field(description="The fields that the collection declares itself.")


class CollectionBody(_Body):
    """A new collection."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"fields": {"brand": "keyword", "price": "float"}}]}
    )

    fields: dict[str, Annotated[FieldType, Field(strict=False)]] = Field(
        {}, description="Attributes of its items, with their types."
    )
    quantization: Quantization = "int8"


class PublishBody(_Body):
    generation: str = Field(description="The generation to answer from.", examples=["g000002"])


class EmbeddingsBody(_Body):
    texts: list[str] = []
    images: list[str] = Field([], description="Image files, as base64 or as data: URLs.")


class EmbeddingsAnswer(_Answer):
    encoder: str
    fingerprint: str
    dim: int
    texts: list[list[float]] = Field(description="Unit vectors, in the order of the texts.")
    images: list[list[float]] = Field(description="Unit vectors, in the order of the images.")


class SessionBody(_Body):
    """The key to remember in a cookie."""

    key: str = Field(min_length=1, max_length=200)


class HealthAnswer(_Answer):
    status: Literal["ok"]


class ReadyAnswer(_Answer):
    ready: bool
    encoder: bool = Field(description="Whether the encoder is warm.")
    opened: bool = Field(description="Whether the collections were opened.")
    database: bool = Field(description="Whether the SQL database answers.")
    store: bool = Field(description="Whether the vector store answers.")
    failures: dict[str, str] = Field(description="Collections that can't be opened, with why.")
    reason: str | None = Field(default=None, description="Why the vector store does not answer.")


class ProblemAnswer(_Answer):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["urn:binocle:invalid-filter"])
    title: str
    status: int
    detail: str
    hint: str = Field(description="What to do about it; '' where there is nothing to say.")
    field: str | None = Field(description="The part of the input that is wrong.")
    id: str | None = Field(None, description="Of an unexpected failure: finds it in the log.")
