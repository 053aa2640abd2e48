"""The two towers of a model as functions with gradients, for training, evaluation and export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from encoders.sentence.patches import image_features
from encoders.sentence.preprocessing import default_prompt
from encoders.sentence.routes import Kind, input_module


def embed_pixels(model: SentenceTransformer, pixels: Tensor) -> Tensor:
    """(n, dim), unit rows, with gradients, from (n, 3, size, size) as `Preprocessing.pixels` gives.

    Raises EncoderError if the model has no image tower.
    """
    module = input_module(model, "image")
    return _embed(model, image_features(module, pixels), "image")


def embed_texts(model: SentenceTransformer, texts: Sequence[str]) -> Tensor:
    """(n, dim), unit rows, with gradients. Texts over the token limit are cut."""
    return embed_tokens(model, tokenise(model, texts))


def tokenise(model: SentenceTransformer, texts: Sequence[str]) -> dict[str, Tensor]:
    """The text tower's input, padded to the longest text or to the length that the tower needs.

    `input_ids` int64 (n, tokens), and `attention_mask` of the same shape where the tower reads one.
    Raises EncoderError if the model has no text tower.
    """
    input_module(model, "text")
    features = model.preprocess(list(texts), prompt=default_prompt(model) or None)
    return {name: value for name, value in features.items() if isinstance(value, Tensor)}


def embed_tokens(model: SentenceTransformer, tokens: Mapping[str, Tensor]) -> Tensor:
    """(n, dim), unit rows, with gradients, from what `tokenise` gives."""
    return _embed(model, tokens, "text")


def _embed(model: SentenceTransformer, features: Mapping[str, Tensor], kind: Kind) -> Tensor:
    moved: dict[str, Any] = {"modality": kind}
    for name, value in features.items():
        number = model.dtype if value.is_floating_point() else None  # weights may be of 16 bits
        moved[name] = value.to(model.device, number)
    rows = model(moved)["sentence_embedding"]
    return torch.nn.functional.normalize(rows, dim=-1)
