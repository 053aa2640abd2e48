"""A recipe: all that makes a training run, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, model_validator

from training.pairs.catalog_settings import Frozen
from training.pairs.settings import DataSettings
from training.settings import (
    Checkpoints,
    Composed,
    Distillation,
    Guard,
    InfoNceSettings,
    Interpolation,
    LossSettings,
    Nested,
    Optimizer,
    Tune,
    Validation,
)
from training.settings_file import read_settings

SHIPPED = Path(__file__).parent / "recipes"
"""Recipes to start from."""


class Recipe(Frozen):
    """A training run."""

    model: str | Composed = Field(
        description="'st:PATH_OR_HUB_ID', 'open_clip:ARCH/PRETRAINED', or two towers to compose."
    )
    data: DataSettings
    seed: int = Field(7, ge=0, description="Of orders, captions, views, fresh weights, dropout.")
    steps: int | None = Field(None, ge=1, description="Updates of the weights.")
    epochs: float | None = Field(
        None, gt=0, description="Instead of steps: times until every source was seen whole."
    )
    batch_size: int = Field(64, ge=2, description="Pairs that are contrasted, over all processes.")
    mini_batch: int | None = Field(
        None,
        ge=1,
        description="Images or texts that a tower keeps activations of at a time: gradient caching "
        "(Gao et al. 2021), memory of a small batch for a third more time.",
    )
    accumulate: int = Field(1, ge=1, description="Batches whose gradients make one step.")
    one_source_batches: bool = Field(
        False, description="Each batch of one source: all its negatives are alike."
    )
    hard_negatives: int | None = Field(
        None, ge=0, description="For each pair, at most; as many as its source draws otherwise."
    )
    loss: LossSettings = InfoNceSettings()
    contrast: float = Field(1.0, ge=0, description="Weight of the loss beside distillation.")
    nested: Nested = Field(
        default_factory=dict,
        description="Matryoshka: weight by prefix length; the whole vector weighs 1 unless given.",
    )
    distil: Distillation | None = None
    tune: Tune = Tune()
    optimizer: Optimizer = Optimizer()
    interpolation: Interpolation | None = Field(
        None,
        description="The grid 0, 1/4, ... 1 where there is validation and the model was trained "
        "before; the trained weights as they are otherwise.",
    )
    validation: Validation = Validation()
    guard: Guard | None = None
    checkpoints: Checkpoints = Checkpoints()
    precision: Literal["auto", "fp32", "bf16"] = Field(
        "auto", description="bf16 where the device has it, unless said."
    )
    device: Literal["auto", "cpu", "cuda"] = "auto"
    workers: int | None = Field(
        None, ge=0, description="Processes that decode images; by the number of cores otherwise."
    )
    log_every: int = Field(10, ge=1, description="Steps between lines of the log.")

    @model_validator(mode="after")
    def _length(self) -> Recipe:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give one of 'steps' and 'epochs'")
        if self.mini_batch is not None and self.mini_batch > self.batch_size:
            raise ValueError("'mini_batch' is a part of 'batch_size' and can't be larger")
        return self

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Recipe:
        if self.contrast == 0 and self.distil is None:
            raise ValueError("'contrast' is 0 and there is no 'distil': nothing to learn from")
        if self.hard_negatives and not self.drawn_negatives:
            raise ValueError(
                "'hard_negatives' needs a source that has some: judgments, clicks or mined"
            )
        return self

    @model_validator(mode="after")
    def _dimensions(self) -> Recipe:
        if isinstance(self.model, Composed):
            check_nested(self, self.model.dim)
        elif any(dim < 1 for dim in self.nested):
            raise ValueError("'nested' holds lengths of prefixes, 1 or more")
        return self

    @model_validator(mode="after")
    def _interpolation_makes_sense(self) -> Recipe:
        given = self.interpolation
        if given is None:
            return self
        if isinstance(self.model, Composed):
            raise ValueError(
                "'interpolation' needs a model that was trained before: composed towers start "
                "with heads of random weights"
            )
        if len(given.alphas) > 1 and not self.validates:
            raise ValueError(
                "'interpolation' chooses among several alphas on validation: give "
                "'validation.set', or a source a 'split'"
            )
        return self

    @property
    def validates(self) -> bool:
        """Whether there is anything to validate on."""
        splits = any(source.split is not None for source in self.data.sources)
        return self.validation.set is not None or (self.validation.held_out and splits)

    @property
    def drawn_negatives(self) -> int:
        """The most hard negatives that a source draws for a pair."""
        return max(getattr(source, "negatives", 0) for source in self.data.sources)

    @property
    def negatives(self) -> int:
        """Hard negatives of a pair, at most."""
        given = self.hard_negatives
        return self.drawn_negatives if given is None else min(given, self.drawn_negatives)

    @property
    def alphas(self) -> tuple[float, ...]:
        """Shares of the trained weights to try."""
        if self.interpolation is not None:
            return self.interpolation.alphas
        return Interpolation().alphas if self.validates and isinstance(self.model, str) else (1.0,)


def check_nested(recipe: Recipe, dim: int) -> None:
    """Raises ValueError unless all nested dimensions are prefixes of `dim` dimensions."""
    wrong = [length for length in recipe.nested if not 1 <= length <= dim]
    if wrong:
        raise ValueError(
            f"'nested' has {wrong[0]}, but the vectors have only {dim} dimensions to cut from"
        )


def read_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """The checked recipe in a YAML file. Nothing that it names is opened.

    Args:
        changes: settings that take the place of the file's, such as 'loss.kind=sigmoid'.

    Errors as `read_settings`; settings that can't go together are one of them.
    """
    return read_settings(
        path, Recipe, changes, what="recipe", hint=f"Recipes to start from are in {SHIPPED}."
    )


def written(recipe: Recipe) -> str:
    """The recipe as YAML, with all that was left to defaults."""
    document = recipe.model_dump(mode="json", exclude_none=True)
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return text
