"""The recipe of the compact towers: all settings of a run, as a YAML file holds them."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from core.errors import SettingsError
from training.pairs.catalog_settings import Frozen
from training.pairs.settings_errors import settings_error

SHIPPED = Path(__file__).parent.parent / "recipes" / "compact.yaml"


class Shares(Frozen):
    """Of a batch, by where the pairs come from; they need not add up to 1."""

    fashion: float = Field(0.36, ge=0)
    openclipart: float = Field(0.28, ge=0)
    grocery: float = Field(0.09, ge=0)
    clothing: float = Field(0.08, ge=0)
    emoji: float = Field(0.06, ge=0)
    shapes: float = Field(0.05, ge=0, description="Plain shapes in named colours, drawn here.")
    rows: float = Field(0.25, ge=0, description="The image classifier's rows, as if photos.")
    scenes: float = Field(0.06, ge=0, description="Two of those rows in one image.")
    views: float = Field(
        0.0, ge=0, lt=1, description="Of the whole batch: two views of an image instead of a text."
    )


class HeldOut(Frozen):
    """Share of the groups of a source that is kept out of training, to measure on."""

    fashion: float = Field(0.25, ge=0, lt=1, description="Of the brands.")
    openclipart: float = Field(0.16, ge=0, lt=1, description="Of the series.")
    clothing: float = Field(0.25, ge=0, lt=1, description="Of the senders.")


class Recipe(Frozen):
    """The settings of a run; the model card repeats them."""

    steps: int = Field(1000, ge=1, description="Updates of the heads' weights.")
    batch: int = Field(704, ge=8, description="Pairs that are contrasted.")
    rate: float = Field(1e-3, gt=0, description="AdamW's learning rate at its top.")
    decay: float = Field(0.05, ge=0, description="AdamW's weight decay.")
    hidden: int = Field(1536, ge=1, description="Width of a head's hidden layer.")
    dropout: float = Field(0.1, ge=0, lt=1)
    likenesses: bool = Field(True, description="Both towers see how like each class a thing is.")
    colour: float = Field(1.5, gt=0, description="How loud the colours are beside the features.")
    push: float = Field(0.4, gt=0, description="Length of a class's direction in made features.")
    scene_captions: int = Field(6000, ge=0, description="Pairs of classes that get a caption.")
    shares: Shares = Shares()
    held_out: HeldOut = HeldOut()
    donors: tuple[str, ...] = Field(
        ("fashion", "grocery", "clothing", "openclipart"),
        description="Sources that lend rows their spread.",
    )
    refit: bool = Field(
        False, description="After measuring, train once more on everything, and ship that."
    )
    seed: int = Field(7, ge=0)


def read_recipe(path: Path = SHIPPED) -> Recipe:
    """The checked recipe. Raises SettingsError that names an unknown key or a wrong value."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"The recipe {path} can't be read: {error}") from None
    if not isinstance(given, dict):
        raise SettingsError(f"The recipe {path} holds no settings, which are 'key: value' lines.")
    try:
        return Recipe.model_validate(given)
    except ValidationError as error:
        raise settings_error(error, Recipe, str(path)) from None
