"""Settings of training data: the sources of pairs, by kind."""

from __future__ import annotations

import os
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator, model_validator

from training.pairs.augmentation import Augmentation
from training.pairs.catalog_settings import Catalog, Frozen, ItemCatalog, Positive
from training.pairs.log_settings import Clicks

Templates: TypeAlias = tuple[str, ...]


class Captions(Catalog):
    """Images with texts of their own: titles, captions, descriptions."""

    kind: Literal["captions"] = "captions"
    texts: Mapping[str, Positive] = Field(
        default_factory=dict,
        description="Weight by column; 'title' or its usual names otherwise. A row draws one of "
        "its columns that are not empty, by weight.",
    )

    @field_validator("texts", mode="before")
    @classmethod
    def _names_alone(cls, given: object) -> object:
        if isinstance(given, str):
            return {given: 1.0}
        return dict.fromkeys(given, 1.0) if isinstance(given, list | tuple) else given


class Labels(Catalog):
    """Images with categories and attributes, put into words by templates."""

    kind: Literal["labels"] = "labels"
    templates: Templates = Field(
        min_length=1,
        description="Such as 'a photo of a {colour} {type}'. A row draws one of those whose "
        "columns it has.",
    )

    @field_validator("templates")
    @classmethod
    def _name_columns(cls, templates: Templates) -> Templates:
        for template in templates:
            if not columns_of(template):
                raise ValueError(f"'{template}' names no column in braces, such as {{colour}}")
        return templates


class Augmented(Catalog):
    """Two random views of one image (SimCLR, Chen et al. 2020)."""

    kind: Literal["augmented"] = "augmented"
    augmentation: Augmentation | None = Field(default_factory=Augmentation)

    @field_validator("augmentation")
    @classmethod
    def _is_needed(cls, given: Augmentation | None) -> Augmentation | None:
        if given is None:
            raise ValueError("two views of one image are equal without an augmentation")
        return given


class Shared(Catalog):
    """Two different images of one product or label."""

    kind: Literal["shared"] = "shared"
    by: str = Field(description="Column whose value the two images share.")


class Classified(Catalog):
    """Images with the labels that a classifier is confident of: weak texts."""

    kind: Literal["classified"] = "classified"
    model: str = Field(description="'onnx:PATH' or 'timm:NAME'.", pattern=r"^(onnx|timm):.+")
    checkpoint: Path | None = Field(
        default=None, description="Weights of a timm model, a local file."
    )
    labels: Path = Field(description="Text file, one label a line, in the order of the outputs.")
    separator: str | None = Field(
        default=None, description="What parts the names of one label; a row draws one of them."
    )
    templates: Templates = Field(default=("a photo of a {label}", "{label}"), min_length=1)
    threshold: float = Field(default=0.5, gt=0, le=1, description="Least probability of a label.")
    most: int = Field(default=1, ge=1, description="Labels of an image, the most probable first.")
    size: int = Field(default=224, ge=8, description="Side of an ONNX model's input, in pixels.")
    resize: Literal["crop", "pad", "squash"] = Field(
        default="crop", description="Of an ONNX model."
    )
    mean: tuple[float, float, float] = Field(
        default=(0.485, 0.456, 0.406), description="Of an ONNX model."
    )
    std: tuple[Positive, Positive, Positive] = Field(
        default=(0.229, 0.224, 0.225), description="Of an ONNX model."
    )
    batch: int = Field(default=32, ge=1, description="Images at a time.")

    @field_validator("templates")
    @classmethod
    def _name_the_label(cls, templates: Templates) -> Templates:
        for template in templates:
            if columns_of(template) != ("label",):
                raise ValueError(f"'{template}' has to name {{label}}, and nothing else")
        return templates

    @model_validator(mode="after")
    def _timm_has_weights(self) -> Classified:
        if self.model.startswith("timm:") and self.checkpoint is None:
            raise ValueError("a timm model needs a 'checkpoint', a local file with its weights")
        if self.model.startswith("onnx:") and self.checkpoint is not None:
            raise ValueError("an ONNX model holds its weights; leave 'checkpoint' out")
        return self


class Judgments(ItemCatalog):
    """Human judgments of images for queries, graded. The catalog is that of the images.

    The grade gives the weight; items of grade 0 (or less) are explicit negatives.
    """

    kind: Literal["judgments"] = "judgments"
    qrels: Path = Field(description="TREC (four columns, no heading), CSV, TSV, JSONL or Parquet.")
    queries: Path | None = Field(
        default=None, description="Catalog of the queries; without it the qrels hold their texts."
    )
    query_id: str = Field(
        default="query_id", description="Column of the qrels, and of the queries."
    )
    query: str = Field(default="query", description="Column of the query's text.")
    query_image: str = Field(default="query_image", description="Column of the query's image.")
    item: str = Field(default="item", description="Column of the judged item's id.")
    grade: str = Field(default="grade", description="Column of the grade, a number.")
    weights: Mapping[float, Positive] = Field(
        default_factory=dict, description="Weight by grade; grade / highest grade otherwise."
    )


class Mined(ItemCatalog):
    """Pairs with hard negatives, as `training.pairs.mining` wrote them. The catalog is that of the
    images.
    """

    kind: Literal["mined"] = "mined"
    pairs: Path = Field(description="The Parquet file that mining wrote.")


AnySource: TypeAlias = Annotated[
    Captions | Labels | Augmented | Shared | Classified | Judgments | Clicks | Mined,
    Field(discriminator="kind"),
]


class DataSettings(Frozen):
    """All training data of a run."""

    sources: tuple[AnySource, ...] = Field(min_length=1, description="Mixed by their shares.")
    cache: Path = Field(
        default=Path(".binocle-cache"),
        description="Folder for what is computed once: labels of a classifier, images out of "
        "Parquet. From the recipe's folder.",
    )

    @model_validator(mode="after")
    def _splits_agree(self) -> DataSettings:
        """A row held out by one source must not be trained on by another."""
        splits: dict[str, AnySource] = {}
        for source in self.sources:
            place = f"{os.path.normpath(source.place)} {source.part}"
            first = splits.setdefault(place, source)
            if first.item_split != source.item_split:
                raise ValueError(
                    f"two sources read '{source.place}' and split it differently: what one holds "
                    "out, the other trains on. Give both the same 'split'"
                )
        return self


def columns_of(template: str) -> tuple[str, ...]:
    """The columns in braces, in order. Raises ValueError for braces that don't match."""
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"'{template}' is no template: {error}") from None
    named = [part[1:] for part in parsed if part[1] is not None]
    if any(not name or form or conversion for name, form, conversion in named):
        raise ValueError(f"'{template}' has braces without a column's name alone in them")
    return tuple(str(name) for name, _, _ in named)
