"""The recipe: heads on frozen trunks first, then the text trunk's top layers too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.compact.assembly import Material, blocks
from training.compact.features import Progress
from training.compact.heads import Head, block_scale
from training.compact.loop import Group, Plan, train
from training.compact.scores import Encode, Vectors
from training.compact.text_towers import FrozenTexts, TunedTexts, thaw
from training.compact.text_trunk import WIDTH, TextTrunk, load_tokenizer, tokenize


@dataclass(frozen=True)
class Recipe:
    """The settings of a run; the model card repeats them."""

    steps: int = 750
    batch: int = 512
    rate: float = 1e-3
    tune_steps: int = 0
    tune_batch: int = 512
    tune_rate: float = 3e-4
    tune_layers: int = 3
    trunk_pace: float = 0.15
    hidden: int = 1024
    dropout: float = 0.2
    seed: int = 7


@dataclass(frozen=True)
class Trained:
    """The heads and the text trunk that belongs to them."""

    image: Head
    text: Head
    trunk: TextTrunk


def make_heads(recipe: Recipe, material: Material, texts: Tensor) -> tuple[Head, Head]:
    """Fresh image and text heads, scaled by the features they will see."""
    torch.manual_seed(recipe.seed)
    scale = block_scale(material.sample - material.centre, blocks())
    image = Head(material.centre, scale, recipe.hidden, recipe.dropout)
    mean = texts.mean(0)
    text = Head(mean, block_scale(texts - mean, (WIDTH,)), recipe.hidden, recipe.dropout)
    return image, text


def run(
    recipe: Recipe, material: Material, features: Tensor, transformer: Any, progress: Progress
) -> Trained:
    """Trains by the recipe. `features` are the frozen text trunk's of the vocabulary, in order."""
    image, text = make_heads(recipe, material, features)
    frozen = FrozenTexts(features, text)
    plan = Plan(recipe.steps, recipe.batch, recipe.rate, seed=recipe.seed)
    train(image, frozen, [Group(image, 1), Group(text, 1)], material.tables, plan, progress)
    trunk = TextTrunk(transformer)
    if recipe.tune_steps:
        thaw(transformer, recipe.tune_layers)
        tuned = TunedTexts(trunk, text, load_tokenizer(), material.vocabulary.texts)
        groups = [Group(image, 1), Group(text, 1), Group(trunk, recipe.trunk_pace)]
        plan = Plan(recipe.tune_steps, recipe.tune_batch, recipe.tune_rate, seed=recipe.seed + 1)
        train(image, tuned, groups, material.tables, plan, progress)
    return Trained(image, text, trunk.eval())


def encoder(trained: Trained) -> Encode:
    """Texts -> float32 (n, dim) unit rows, by torch, for scores and calibration; remembers them."""
    tokenizer = load_tokenizer()
    known: dict[str, Vectors] = {}

    def encode(texts: Sequence[str]) -> Vectors:
        missing = sorted({text for text in texts if text not in known}, key=lambda text: len(text))
        for start in range(0, len(missing), 64):
            part = missing[start : start + 64]
            ids, mask = tokenize(tokenizer, part)
            with torch.inference_mode():
                known.update(zip(part, trained.text(trained.trunk(ids, mask)).numpy(), strict=True))
        return np.stack([known[text] for text in texts])

    return encode
