"""Generations and their points in requests and answers of the API."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.http.shapes import Answer, Body


class GenerationAnswer(Answer):
    collection: str
    generation: str
    config: dict[str, Any] = Field(description="How the generation was built.")
    change: int = Field(description="Number of the last change; see `since`.")
    count: int = Field(description="All items, private ones too.")
    brought: int | None = Field(
        None, description="With `own_source`: items written meanwhile that it has as they are."
    )
    left: int | None = Field(
        None, description="With `own_source`: those whose vectors do not fit it."
    )


class PointsQuery(Body):
    """Points by their ids, or page by page."""

    ids: list[str] | None = Field(None, max_length=1000)
    after: str | None = Field(None, description="Of the page before; for pages, instead of ids.")
    limit: int = Field(200, ge=1, le=1000)
    vectors: bool = True
    generation: str | None = Field(None, description="409 where another one answers by now.")


class PointsAnswer(Answer):
    points: list[dict[str, Any]] = Field(
        description="id, vectors (base64 of float32), sparse, payload."
    )
    after: str | None = None


class NearestQuery(Body):
    vectors: list[str] = Field(max_length=1000, description="Base64 of float32, little-endian.")
    limit: int = Field(10, ge=1, le=1000)


class NearestAnswer(Answer):
    ids: list[list[str]] = Field(description="Of each vector, best first.")


class PointsBody(Body):
    points: list[dict[str, Any]] = Field([], max_length=1000)
    payloads: dict[str, dict[str, Any]] = Field(
        {}, max_length=1000, description="New payloads by id; the vectors stay."
    )
    delete: list[str] = Field([], max_length=1000, description="Ids of items to delete.")
    generation: str | None = Field(None, description="409 where another one answers by now.")


class TakeOverBody(Body):
    generation: str = Field(description="What was built aside.")
    base: str = Field(description="The generation that it was built from.")
    since: int = Field(description="The change up to which it was kept in step.")
    replay: bool = Field(
        True,
        description="Whether points can be brought over as they are; else 409 where there are any.",
    )
    leave_out: bool = Field(
        False,
        description="Leave out what changed since and can't be encoded anew, where the encoder is "
        "another; else 409 where there is any.",
    )
    own_source: bool = Field(
        False,
        description="It was built from a source of its own, with its own fields: what was written "
        "since is brought over as far as it fits.",
    )
