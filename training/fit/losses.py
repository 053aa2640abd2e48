"""The losses that a recipe asks for."""

from __future__ import annotations

import math

from sentence_transformers import SentenceTransformer
from torch import nn

from encoders.sentence.encoder import SentenceEncoder
from training.fit.objective import Teaching
from training.losses.distillation import EmbeddingDistillation, SimilarityDistillation
from training.losses.infonce import InfoNce
from training.losses.matryoshka import Matryoshka
from training.losses.scale import LogitScale
from training.losses.sigmoid import Sigmoid
from training.losses.triplet import Triplet
from training.recipe import Recipe
from training.settings import InfoNceSettings, LossSettings, SigmoidSettings

_INFONCE_TEMPERATURE, _SIGMOID_TEMPERATURE, _SIGMOID_BIAS = 0.07, 0.1, -10.0


def contrast_of(recipe: Recipe, model: SentenceTransformer, dim: int) -> tuple[float, nn.Module]:
    """The weight of the loss over pairs, and the loss, over nested dimensions where there are."""
    loss = pair_loss(recipe.loss, model)
    if recipe.nested:
        loss = Matryoshka(loss, {dim: 1.0} | dict(recipe.nested))
    return recipe.contrast, loss


def pair_loss(settings: LossSettings, model: SentenceTransformer) -> nn.Module:
    """The loss over pairs. Temperature and bias start at the model's own, where it has them."""
    if isinstance(settings, InfoNceSettings):
        temperature = settings.temperature or own_temperature(model) or _INFONCE_TEMPERATURE
        return InfoNce(LogitScale(temperature, learn=settings.learn_temperature))
    if isinstance(settings, SigmoidSettings):
        temperature = settings.temperature or own_temperature(model) or _SIGMOID_TEMPERATURE
        bias = settings.bias
        if bias is None:
            own = _scalar(model, "logit_bias")
            bias = _SIGMOID_BIAS if own is None else own
        return Sigmoid(LogitScale(temperature, bias=bias, learn=settings.learn_temperature))
    return Triplet(settings.margin, settings.mining)


def own_temperature(model: nn.Module) -> float | None:
    """The temperature that a CLIP or SigLIP was trained to; None for other models."""
    scale = _scalar(model, "logit_scale")
    return None if scale is None else math.exp(-scale)


def keep_scale(model: nn.Module, losses: nn.Module) -> None:
    """Writes the temperature and bias that `losses` learned where `model` has a place for its own.

    Those of texts with images: a CLIP or SigLIP knows no others.
    """
    for scale in (one for one in losses.modules() if isinstance(one, LogitScale)):
        learned = {"logit_scale": scale.scale().log(), "logit_bias": scale.bias}
        for path, parameter in model.named_parameters():
            value = learned.get(path.rpartition(".")[2])
            if value is not None and parameter.numel() == 1:
                parameter.data.fill_(value[0].item())


def _scalar(model: nn.Module, name: str) -> float | None:
    found = [one for path, one in model.named_parameters() if path.split(".")[-1] == name]
    return found[0].item() if found and found[0].numel() == 1 else None


def teaching_of(recipe: Recipe, teacher: SentenceTransformer | None, dim: int) -> Teaching | None:
    """How to learn from `teacher`, for a model of `dim` dimensions."""
    settings = recipe.distil
    if settings is None or teacher is None:
        return None
    theirs = SentenceEncoder(teacher, settings.teacher).dim
    return Teaching(
        teacher,
        (settings.embeddings, EmbeddingDistillation(dim, theirs)),
        (settings.similarities, SimilarityDistillation(settings.temperature)),
    )
