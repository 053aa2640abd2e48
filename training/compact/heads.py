"""The trained heads: from a trunk's features to the joint space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

DIM = 256
NESTED = (64, 128, 256)
_LIKENESS = 1 / 0.7


class Likenesses(nn.Module):
    """float32 (n, width) features -> (n, width + classes): beside them, the likeness to each class.

    The likeness of a class is the square root of its share in a softmax, so that the second and
    third class count too. For images the classes are the image classifier's own, from the first
    `read` features; for texts they are the same classes' names, by the cosine of their vectors.
    Both towers so begin with a common vocabulary of a thousand things (after ConSE, Norouzi et al.
    2014), which a linear map of the features can't give them: the softmax decides.

    Args:
        weight: float32 (classes, read). bias: float32 (classes,).
        centre: where given, the features less it are made unit before they are compared.
        sharpness: what the logits are multiplied by.
    """

    weight: Tensor
    bias: Tensor
    centre: Tensor

    def __init__(
        self, weight: Tensor, bias: Tensor, *, centre: Tensor | None = None, sharpness: float = 1.0
    ) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.register_buffer("centre", torch.zeros(weight.shape[1]) if centre is None else centre)
        self.cosine, self.sharpness = centre is not None, sharpness

    @classmethod
    def of_names(cls, names: Tensor, sharpness: float = 20.0) -> Likenesses:
        """For texts. `names`: float32 (classes, width), the mean vector of each class's names."""
        centre = names.mean(0)
        return cls(
            unit(names - centre), torch.zeros(len(names)), centre=centre, sharpness=sharpness
        )

    def forward(self, features: Tensor) -> Tensor:
        read = features[:, : self.weight.shape[1]]
        if self.cosine:
            read = unit(read - self.centre)
        logits = self.sharpness * (read @ self.weight.T) + self.bias
        return torch.cat([features, logits.softmax(1).clamp_min(1e-8).sqrt()], 1)


class Head(nn.Module):
    """float32 (n, width) features -> (n, DIM) unit rows: a linear map plus a hidden layer.

    `centre` and `scale` (each float32 (width,)) are fixed: (features - centre) / scale goes in.
    Centring is what makes cosines of clipped, all-positive features mean anything.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, centre: Tensor, scale: Tensor, hidden: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("centre", centre)
        self.register_buffer("scale", scale)
        self.linear = nn.Linear(len(centre), DIM)
        self.wide = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(len(centre), hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, DIM, bias=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        centred = (features - self.centre) / self.scale
        return unit(self.linear(centred) + self.wide(centred))


def block_scale(features: Tensor, blocks: Sequence[int]) -> Tensor:
    """float32 (width,): one root-mean-square a block, so that no kind of feature drowns another.

    `features` are centred, (n, width); `blocks` are the widths of consecutive blocks.
    """
    parts = torch.split(features, list(blocks), dim=1)
    return torch.cat([part.square().mean().sqrt().expand(part.shape[1]) for part in parts])


def likeness_scale(classes: int) -> Tensor:
    """float32 (classes,): brings likenesses, 1 / sqrt(classes) on average, near 1."""
    return torch.full((classes,), _LIKENESS / classes**0.5)


def unit(rows: Tensor) -> Tensor:
    return functional.normalize(rows, dim=-1)
