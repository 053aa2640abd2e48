"""A run: heads made for the features they will see, trained, and used to embed texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from training.compact.assembly import Material, blocks
from training.compact.features import Progress
from training.compact.heads import Head, Likenesses, block_scale, likeness_scale
from training.compact.loop import Plan, train
from training.compact.recipe import Recipe
from training.compact.scores import Encode, Vectors

TextFeatures = Callable[[Sequence[str]], Tensor]
"""Texts -> float32 (n, width) of the frozen text trunk, in order."""


@dataclass(frozen=True)
class Trained:
    """The heads on the frozen trunks' features."""

    image: nn.Module
    text: nn.Module


def run(recipe: Recipe, material: Material, features: Tensor, progress: Progress) -> Trained:
    """Trains by the recipe. `features` are the frozen text trunk's of the vocabulary, by id."""
    torch.manual_seed(recipe.seed)
    image, text = _image_head(recipe, material), _text_head(recipe, material, features)
    views = round(recipe.batch * recipe.shares.views)
    plan = Plan(recipe.steps, recipe.batch - views, views, recipe.rate, recipe.decay, recipe.seed)
    train(image, text, features, material.tables, plan, progress)
    return Trained(image.eval(), text.eval())


def _image_head(recipe: Recipe, material: Material) -> nn.Module:
    centre, scale = material.centre, block_scale(material.sample - material.centre, blocks())
    scale[blocks()[0] :] /= recipe.colour
    weight, bias = material.classifier
    return _head(recipe, centre, scale, Likenesses(weight, bias))


def _text_head(recipe: Recipe, material: Material, features: Tensor) -> nn.Module:
    centre = features.mean(0)
    scale = block_scale(features - centre, (features.shape[1],))
    names = [features[[i for i in row if i >= 0]].mean(0) for row in material.class_texts.tolist()]
    likenesses = Likenesses.of_names(nn.functional.normalize(torch.stack(names), dim=1))
    return _head(recipe, centre, scale, likenesses)


def _head(recipe: Recipe, centre: Tensor, scale: Tensor, likenesses: Likenesses) -> nn.Module:
    if not recipe.likenesses:
        return nn.Sequential(Head(centre, scale, recipe.hidden, recipe.dropout))
    classes = len(likenesses.bias)
    centre = torch.cat([centre, torch.zeros(classes)])
    scale = torch.cat([scale, likeness_scale(classes)])
    return nn.Sequential(likenesses, Head(centre, scale, recipe.hidden, recipe.dropout))


def encoder(text: nn.Module, features: TextFeatures) -> Encode:
    """Texts -> float32 (n, dim) unit rows, by torch, for scores and calibration."""

    def encode(texts: Sequence[str]) -> Vectors:
        with torch.inference_mode():
            rows: Vectors = text(features(texts)).numpy().astype(np.float32)
        return rows

    return encode
