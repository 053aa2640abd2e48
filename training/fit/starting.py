"""The model that a run starts with."""

from __future__ import annotations

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer

from core.errors import SettingsError
from encoders.sentence.composition import two_towers
from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from training.recipe import Recipe, check_nested
from training.settings import Composed


def starting_model(recipe: Recipe, base: Path, device: str) -> SentenceTransformer:
    """The recipe's model on `device`, the same at every call; fresh weights come from the seed.

    `base` is the recipe's folder, where a model that is a relative path is looked for first.

    Raises EncoderError for a model that can't be loaded, SettingsError where the nested dimensions
    do not fit it.
    """
    torch.manual_seed(recipe.seed)
    given = recipe.model
    model = (
        _composed(given, recipe.seed, base)
        if isinstance(given, Composed)
        else load_model(located(given, base))
    )
    model = model.to(device)
    try:
        check_nested(recipe, SentenceEncoder(model, "start").dim)
    except ValueError as error:
        raise SettingsError(f"{error}.", field="nested") from None
    return model


def located(spec: str, base: Path) -> str:
    """`spec`, a relative path in it resolved from `base` where there is something."""
    kind, _, name = spec.partition(":")
    found = base / name
    return f"{kind}:{found}" if kind == "st" and name and found.exists() else spec


def _composed(given: Composed, seed: int, base: Path) -> SentenceTransformer:
    weights = given.image_weights
    return two_towers(
        _local(given.image, base),
        _local(given.text, base),
        dim=given.dim,
        image_weights=None if weights is None else base / weights.expanduser(),
        image_pretrained=given.image_pretrained,
        image_size=given.image_size,
        seed=seed,
    )


def _local(name: str, base: Path) -> str:
    found = base / Path(name).expanduser()
    return str(found) if found.exists() else name
