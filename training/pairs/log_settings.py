"""Settings of pairs from a log of impressions and clicks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from training.pairs.catalog_settings import Catalog, Frozen, Positive

Share = Annotated[float, Field(gt=0, le=1)]


class LogColumns(Frozen):
    """Columns of the log. A row is one event: an item was shown, or clicked."""

    query: str = Field("query", description="Text of the query; empty where it is an image.")
    query_image: str = Field("query_image", description="Path, URL or bytes; may be missing.")
    item: str = Field("item", description="Id of the item.")
    position: str = Field("position", description="Place on the page, from 1.")
    action: str = Field("action", description="What happened.")
    time: str = Field("time", description="When; may be missing.")
    page: str = Field("query_id", description="Id of one answer as it was shown to one person.")
    randomised: str = Field(
        "randomised", description="Whether the page's order was random; for that estimator only."
    )


class Propensities(Frozen):
    """How likely an item at a position is to be looked at, relative to position 1."""

    estimator: Literal["em", "randomised", "given"] = Field(
        "em",
        description="em: expectation maximisation over queries whose items moved (Wang et al. "
        "2018). randomised: ratios of click rates on pages of random order (Joachims et al. 2017). "
        "given: the values below.",
    )
    values: tuple[Share, ...] = Field((), description="By position; the last one holds beyond.")
    positions: int = Field(
        50, ge=2, description="Positions that are told apart; deeper ones count as the last."
    )
    clip: Positive = Field(10.0, ge=1, description="Largest weight, 1 / propensity, of a click.")

    @model_validator(mode="after")
    def _values_fit(self) -> Propensities:
        if (self.estimator == "given") != bool(self.values):
            raise ValueError("'values' and the estimator 'given' belong together")
        return self


class Clicks(Catalog):
    """Clicked items, weighted against position bias; negatives are items skipped above the click.

    The catalog is that of the images.
    """

    kind: Literal["clicks"] = "clicks"
    log: Path = Field(description="Parquet file of events.")
    columns: LogColumns = LogColumns()
    impressions: tuple[str, ...] = Field(
        ("impression",), min_length=1, description="Actions that say that an item was shown."
    )
    clicks: tuple[str, ...] = Field(
        ("click",), min_length=1, description="Actions that count as a click, such as purchase."
    )
    propensities: Propensities = Propensities()
    support: int = Field(1, ge=1, description="Least impressions of an item for its query.")
    negatives: int = Field(4, ge=0, description="Skipped items to draw for a pair, at most.")
    id: str | None = Field(None, description="The catalog's column of ids; by its usual names.")

    @model_validator(mode="after")
    def _actions_differ(self) -> Clicks:
        both = sorted({*self.impressions} & {*self.clicks})
        if both:
            raise ValueError(f"'{both[0]}' can't be an impression and a click")
        return self
