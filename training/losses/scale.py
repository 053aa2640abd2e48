"""The learnable temperature: from cosines to logits."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class LogitScale(nn.Module):
    """logit = scale x cosine + bias, with a scale and a bias for each kind of pair.

    There are two kinds: a text with an image, and two of one modality. Images resemble each other
    far more than they resemble texts, so that one temperature would not fit both. The scale is
    learned by its logarithm and clamped, as in CLIP (Radford et al. 2021).

    Args:
        temperature: 1 / scale at the start.
        bias: at the start; None for losses that ignore it.
        learn: whether scale and bias are trained.
        largest: the scale's upper bound; its lower bound is 1.
    """

    def __init__(
        self,
        temperature: float,
        *,
        bias: float | None = None,
        learn: bool = True,
        largest: float = 100.0,
    ) -> None:
        super().__init__()
        start = min(math.log(largest), max(0.0, -math.log(temperature)))
        self.log_scale = nn.Parameter(torch.full((2,), start), requires_grad=learn)
        self.bias = (
            None if bias is None else nn.Parameter(torch.full((2,), bias), requires_grad=learn)
        )
        self._limit = math.log(largest)

    def forward(self, cosines: Tensor, same_modality: Tensor) -> Tensor:
        """Logits of the shape of `cosines`; `same_modality` is a bool tensor of that shape."""
        kind = same_modality.long()
        logits = cosines * self.scale()[kind]
        return logits if self.bias is None else logits + self.bias[kind]

    def scale(self) -> Tensor:
        """float32 (2,): of a text with an image, and of two of one modality."""
        return self.log_scale.clamp(0.0, self._limit).exp()
