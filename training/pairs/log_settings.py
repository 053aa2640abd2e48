"""Settings of pairs from a log of impressions and clicks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from training.pairs.catalog_settings import Frozen, ItemCatalog, Positive

Share = Annotated[float, Field(gt=0, le=1)]


class LogColumns(Frozen):
    """Columns of the log. A row is one event: an item was shown, or clicked."""

    query: str = Field(
        default="query", description="Text of the query; empty where it is an image."
    )
    query_image: str = Field(
        default="query_image", description="Path, URL or bytes; may be missing."
    )
    item: str = Field(default="item", description="Id of the item.")
    position: str = Field(default="position", description="Place on the page, from 1.")
    action: str = Field(default="action", description="What happened.")
    time: str = Field(default="time", description="When; may be missing.")
    page: str = Field(
        default="query_id", description="Id of one answer as it was shown to one person."
    )
    randomised: str = Field(
        default="randomised",
        description="Whether the page's order was random; for that estimator only.",
    )


class Propensities(Frozen):
    """How likely an item at a position is to be looked at, relative to position 1."""

    estimator: Literal["harvested", "randomised", "given"] = Field(
        default="harvested",
        description="harvested: from items that were shown at several positions for one query "
        "(Agarwal et al. 2019). randomised: click rates on pages of random order (Joachims et al. "
        "2017). given: the values below.",
    )
    values: tuple[Share, ...] = Field(
        default=(), description="By position; the last one holds beyond."
    )
    positions: int = Field(
        default=50,
        ge=2,
        description="Positions that are told apart; deeper ones count as the last.",
    )
    clip: Positive = Field(
        default=10.0, ge=1, description="Largest weight, 1 / propensity, of a click."
    )

    @model_validator(mode="after")
    def _values_fit(self) -> Propensities:
        if (self.estimator == "given") != bool(self.values):
            raise ValueError("'values' and the estimator 'given' belong together")
        return self


class LogReading(Frozen):
    """How a log of impressions and clicks is read."""

    columns: LogColumns = Field(default_factory=LogColumns)
    impressions: tuple[str, ...] = Field(
        default=("impression",),
        min_length=1,
        description="Actions that say that an item was shown.",
    )
    clicks: tuple[str, ...] = Field(
        default=("click",),
        min_length=1,
        description="Actions that count as a click, such as purchase.",
    )
    propensities: Propensities = Field(default_factory=Propensities)
    since: datetime | None = Field(default=None, description="Events before it are left out.")
    until: datetime | None = Field(default=None, description="Events from it on are left out.")

    @field_validator("since", "until")
    @classmethod
    def _in_utc(cls, given: datetime | None) -> datetime | None:
        """Moments without a zone are UTC, as in the log."""
        return given.replace(tzinfo=UTC) if given is not None and given.tzinfo is None else given

    @model_validator(mode="after")
    def _actions_differ(self) -> LogReading:
        both = sorted({*self.impressions} & {*self.clicks})
        if both:
            raise ValueError(f"'{both[0]}' can't be an impression and a click")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError("'since' has to be before 'until'")
        return self


class Clicks(ItemCatalog, LogReading):
    """Clicked items, weighted against position bias; negatives are items skipped above the click.

    The catalog is that of the images.
    """

    kind: Literal["clicks"] = "clicks"
    log: Path = Field(description="Parquet file of events, or a folder of them.")
    support: int = Field(default=1, ge=1, description="Least impressions of an item for its query.")
    skips: int = Field(
        default=1,
        ge=1,
        description="Times that an item was passed over for its query, above a click, to be a "
        "negative: once may be chance.",
    )
