"""Requests and answers of the API as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from app.http.shapes import Answer, Body
from core.fields import FieldType
from qdrant.store import Quantization


class CollectionSummary(Answer):
    name: str
    count: int = Field(description="Public items.")
    generation: str
    encoder: str


class CollectionsAnswer(Answer):
    collections: list[CollectionSummary]


class CollectionAnswer(CollectionSummary):
    fingerprint: str = Field(description="Of the encoder: vectors of another one don't compare.")
    dim: int
    quantization: Quantization
    indexed_vectors: int = Field(description="In the index; the rest are compared one by one.")
    bytes_on_disk: int | None = None  # None where the store does not tell
    index_bytes: int | None = Field(None, description="Of that, the indexes.")
    generations: list[str] = Field(description="Oldest first.")
    fields: dict[str, FieldType] = Field(description="All fields that can be filtered by.")
    attributes: list[str] = Field(description="The fields that the collection declares itself.")
    events: bool = Field(description="Whether POST /v1/events takes what people do with answers.")
    behind: int | None = Field(
        None,
        description="After a rollback: items written or deleted since the switch, which this "
        "generation has not as they were written; null where that is not known.",
    )


class CollectionBody(Body):
    """A new collection."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"fields": {"brand": "keyword", "price": "float"}}]}
    )

    fields: dict[str, Annotated[FieldType, Field(strict=False)]] = Field(
        {}, description="Attributes of its items, with their types."
    )
    quantization: Quantization = "int8"


class FieldsBody(Body):
    """Fields to add to a collection."""

    fields: dict[str, Annotated[FieldType, Field(strict=False)]] = Field(
        description="Names with their types.", min_length=1, examples=[{"season": "keyword"}]
    )


class FieldFactsModel(Answer):
    name: str
    type: FieldType
    own: bool = Field(description="Whether the collection declares it itself.")
    count: int = Field(description="Items that have a value.")
    examples: list[Any] = Field(description="Up to three, the most frequent where that is known.")


class FieldsAnswer(Answer):
    fields: list[FieldFactsModel]


class PublishBody(Body):
    generation: str = Field(description="The generation to answer from.", examples=["g000002"])


class EmbeddingsBody(Body):
    texts: list[str] = Field([], description="Texts to encode.")
    images: list[str] = Field([], description="Image files, as base64 or as data: URLs.")


class EmbeddingsAnswer(Answer):
    encoder: str
    fingerprint: str
    dim: int
    texts: list[list[float]] = Field(description="Unit vectors, in the order of the texts.")
    images: list[list[float]] = Field(description="Unit vectors, in the order of the images.")


class SessionBody(Body):
    """The key to remember in a cookie."""

    key: str = Field(min_length=1, max_length=200)


class SessionAnswer(Answer):
    required: bool = Field(description="Whether requests need a key.")
    role: Literal["read", "write", "admin"] | None = Field(
        description="How far the caller reaches; null where a key is needed and none came."
    )
    key: str | None = Field(description="The name of the caller's key.")
    collections: list[str] | None = Field(description="The only ones it is for; null: all.")


class HealthAnswer(Answer):
    status: Literal["ok"]


class ReadyAnswer(Answer):
    ready: bool
    encoder: bool = Field(description="Whether the encoder is warm.")
    opened: bool = Field(description="Whether the collections were opened.")
    database: bool = Field(description="Whether the SQL database answers.")
    store: bool = Field(description="Whether the vector store answers.")
    failures: dict[str, str] = Field(description="Collections that can't be opened, with why.")
    reason: str | None = Field(default=None, description="Why the vector store does not answer.")


class ProblemAnswer(Answer):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["urn:binocle:invalid-filter"])
    title: str
    status: int
    detail: str
    hint: str = Field(description="What to do about it; '' where there is nothing to say.")
    field: str | None = Field(description="The part of the input that is wrong.")
    id: str | None = Field(None, description="Of an unexpected failure: finds it in the log.")
