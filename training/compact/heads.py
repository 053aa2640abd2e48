"""The trained heads: from a trunk's features to the joint space."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

DIM = 256
NESTED = (64, 128, 256)


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


def unit(rows: Tensor) -> Tensor:
    return functional.normalize(rows, dim=-1)
