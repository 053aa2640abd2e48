"""Settings that all sources share: where the images are, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.pairs.augmentation import Augmentation

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Frozen(BaseModel):
    """Settings: never changed once made, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Split(Frozen):
    """Groups of rows that are kept from training, for validation.

    A group is all rows of one value of `by`. Value and `seed` alone decide, so that a group stays
    where it is when rows are added, and in every catalog that has it.
    """

    by: str = Field(description="Column of the group, such as brand or product_id.")
    share: float = Field(default=0.1, gt=0, lt=1, description="Share of the groups to hold out.")
    seed: int = Field(default=0, ge=0, description="Another seed, other groups.")


class SourceSettings(Frozen):
    """What every source of pairs may say of itself."""

    name: str | None = Field(
        default=None, description="For logs; the kind and the file's name otherwise."
    )
    share: Positive = Field(
        default=1.0, description="Of the pairs, relative to the other sources' shares."
    )
    weight: Positive = Field(default=1.0, description="Factor on the pairs' weights in the loss.")
    augmentation: Augmentation | None = Field(
        default=None, description="Random changes to the images; none otherwise."
    )


class Catalog(SourceSettings):
    """A folder of images, a CSV, TSV, JSONL or Parquet file, a pattern of such, or a dataset."""

    path: str | None = Field(
        default=None, description="Folder, file or pattern; from the recipe's folder."
    )
    dataset: str | None = Field(
        default=None, description="A Hugging Face dataset: a local folder, or an id on the hub."
    )
    part: str = Field(default="train", description="Which split of the dataset to read.")
    subset: str | None = Field(
        default=None, description="Configuration of a dataset that has several."
    )
    image: str | None = Field(
        default=None, description="Column of the image; recognised by usual names."
    )
    product: str | None = Field(
        default=None,
        description="Column of the product: its images are no negatives of each other.",
    )
    facts: tuple[str, ...] = Field(
        default=(), description="Columns that are known of the image, for texts that ask for them."
    )
    leave_out: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Rows to pass over: values by column."
    )
    split: Split | None = Field(default=None, description="What to hold out for validation.")

    @model_validator(mode="after")
    def _one_place(self) -> Catalog:
        if (self.path is None) == (self.dataset is None):
            raise ValueError("give one of 'path' and 'dataset'")
        return self

    @property
    def item_split(self) -> Split | None:
        """The split of the catalog's rows."""
        return self.split

    @property
    def place(self) -> str:
        """The path or the dataset, as written."""
        return self.path or self.dataset or ""

    @property
    def label(self) -> str:
        """A short word for the place."""
        return Path(self.place).stem.strip("*") or Path(self.place).parent.name or self.place


QUERY = "query"
"""What `split.by` names to hold out queries instead of items."""


class ItemCatalog(Catalog):
    """A catalog whose items are named elsewhere by their ids, as answers to queries."""

    id: str | None = Field(
        default=None, description="Column of the ids; recognised by usual names."
    )
    negatives: int = Field(default=4, ge=0, description="Wrong items to draw for a pair, at most.")

    @property
    def item_split(self) -> Split | None:
        """The split of the catalog's rows: none where queries are held out instead."""
        return None if self.split is None or self.split.by == QUERY else self.split
