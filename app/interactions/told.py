"""An event as it is told over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from core.query_ids import LENGTH

MAX_POSITION = 10_000
MAX_SECONDS = 24 * 3600.0
ACTION = r"^[a-z][a-z0-9_]{0,39}$"


class Told(BaseModel):
    """One thing that happened to one item of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    query_id: str = Field(description="Of the answer.", min_length=1, max_length=2 * LENGTH)
    item: str = Field(description="Id of the item.", min_length=1, max_length=512)
    action: Annotated[str, StringConstraints(pattern=ACTION)] = Field(
        description="impression, click, dwell, or the name of a conversion, such as add_to_cart.",
        examples=["click"],
    )
    position: int | None = Field(
        None,
        ge=1,
        le=MAX_POSITION,
        description="Its place on the whole ranking, from 1, pages counted on.",
    )
    at: Annotated[datetime | None, Field(strict=False)] = Field(
        None, description="When, with its offset from UTC; unset: now."
    )
    seconds: float | None = Field(
        None, ge=0, le=MAX_SECONDS, description="Of a dwell: how long, in seconds."
    )
    value: float | None = Field(
        None, description="Of a conversion: its worth, in whatever the shop counts."
    )
    key: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Sent again with the same key, an event of a query counts once.",
    )
