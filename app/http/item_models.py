"""Items in requests and answers of the API as OpenAPI describes them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.http.shapes import EXAMPLE_IMAGE, Answer, Body


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
                    "image": EXAMPLE_IMAGE,
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
        None, description="Private items are answered to their owner and to keys that may write."
    )
    product_id: str | None = Field(
        None, description="The same for all images of a product; absent: a product of its own."
    )
    safety: float | None = Field(
        None,
        description="0 to 1, which is unsafe; from 0.5 on it is hidden by default.",
        ge=0,
        le=1,
    )
    image: str | None = Field(None, description="The image file, as base64 or as a data: URL.")
    image_url: str | None = Field(None, description="Or where to fetch it from.")


class ItemsBody(Body):
    items: list[dict[str, Any]] = Field(
        description="Items as PUT takes them, each with its id.", min_length=1
    )


class ItemAnswer(Answer):
    id: str
    title: str
    payload: dict[str, Any] = Field(description="The item's public fields.")
    thumbnail: str | None
    collection: str


class IdsBody(Body):
    ids: list[str] = Field(description="Ids of items.", min_length=1)


class ItemOutcome(Answer):
    id: str | None
    status: Literal["indexed", "changed", "rejected"]
    field: str | None = Field(None, description="Of a rejected item: what is wrong.")
    reason: str | None = Field(None, description="Of a rejected item: why.")


class ItemsAnswer(Answer):
    indexed: int
    rejected: int
    results: list[ItemOutcome] = Field(description="In the order of the items.")


class ChangedAnswer(Answer):
    changed: int
    rejected: int
    results: list[ItemOutcome] = Field(description="In the order of the items.")


class DeletedAnswer(Answer):
    deleted: int
    missing: list[str] = Field(description="Ids that were not there.")
