"""One model out of an image model and a text model that have never met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sentence_transformers.base.modules import Dense, Normalize, Router
from torch import nn

from core.errors import EncoderError
from encoders.sentence.loading import sentence_modules
from encoders.sentence.model import TwoTowers
from encoders.sentence.routes import Kind
from encoders.sentence.timm_tower import TimmTower, timm_tower

TIMM = "timm:"


def two_towers(
    image: str | TimmTower,
    text: str,
    *,
    dim: int = 256,
    image_weights: Path | None = None,
    image_pretrained: bool = False,
    image_size: int | None = None,
    seed: int = 0,
) -> TwoTowers:
    """A model of two towers, each with a linear projection to `dim`, unit length at the end.

    The projections are new and random: the towers share a space only after training.

    Args:
        image: 'timm:NAME', a folder or hub id of an image model of transformers, or a tower.
        text: a folder or hub id of a text model of sentence-transformers or transformers.
        dim: of the joint space.
        image_weights: a checkpoint of the timm model; its classifier is left out.
        image_pretrained: the timm model's weights come from the hub.
        image_size: side of the timm model's input in pixels, if not its own.
        seed: of the projections.

    Raises EncoderError for a name or a checkpoint that can't be used; see `load_model`.
    """
    if dim < 1:
        raise EncoderError(f"A joint space of {dim} dimensions is none.", hint="Give 1 or more.")
    pictures = _pictures(image, image_weights, image_pretrained, image_size)
    words = _bare(sentence_modules(text), text, "text")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        routes = {
            "text": [*words, _projection(words, dim)],
            "image": [*pictures, _projection(pictures, dim)],
        }
    mappings = {(None, kind): kind for kind in routes}
    router = Router(routes, allow_empty_key=False, route_mappings=mappings)
    return TwoTowers(modules=[router, Normalize()])


def _pictures(
    image: str | TimmTower, weights: Path | None, pretrained: bool, size: int | None
) -> list[nn.Module]:
    if isinstance(image, str) and image.startswith(TIMM):
        name = image.removeprefix(TIMM)
        return [timm_tower(name, weights=weights, pretrained=pretrained, size=size)]
    if weights or pretrained or size:
        raise EncoderError("image_weights, image_pretrained and image_size are of 'timm:NAME'.")
    if isinstance(image, TimmTower):
        return [image]
    return _bare(sentence_modules(image), image, "image")


def _bare(modules: list[nn.Module], name: str, kind: Kind) -> list[nn.Module]:
    """Without what brings rows to unit length: the projection reads them as they are."""
    modalities = getattr(modules[0], "modalities", [])
    if kind not in modalities:
        raise EncoderError(f"{name} reads no {kind}s.", hint=f"Name one that reads {kind}s.")
    if len({"text", "image"} & set(modalities)) > 1:
        raise EncoderError(
            f"{name} has both towers already.", hint=f"Use it by itself: 'st:{name}'."
        )
    return [module for module in modules if not isinstance(module, Normalize)]


def _projection(modules: list[nn.Module], dim: int) -> Dense:
    width: Any = None
    for module in reversed(modules):
        if hasattr(module, "get_embedding_dimension"):
            width = module.get_embedding_dimension()  # type: ignore[operator]  # Module's fallback
            break
    if not width:
        raise EncoderError("A tower does not say how many dimensions it has.")
    return Dense(int(width), dim, bias=False, activation_function=None)
