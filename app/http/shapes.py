"""What all requests and answers of the API have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

EXAMPLE_IMAGE = (  # one pixel of PNG
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
    "hQGAhKmMIQAAAABJRU5ErkJggg=="
)


class Body(BaseModel):
    """A JSON body: strict types, no unknown names, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Answer(BaseModel):
    """An answer: what it may hold is declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
