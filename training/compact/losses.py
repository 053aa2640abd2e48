"""The symmetric contrastive loss over nested dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def contrastive(image: Tensor, text: Tensor, also_true: Tensor, scale: Tensor) -> Tensor:
    """Scalar: cross-entropy of finding pair i among all texts and among all images.

    Args:
        image, text: float (n, dim) unit rows; row i of each is a pair.
        also_true: bool (n, n); [i, j] says that text j is true of image i as well, so that it is
            no negative. The diagonal is ignored.
        scale: scalar, the inverse temperature.
    """
    logits = scale * image @ text.T
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(also_true & ~own, float("-inf"))
    target = torch.arange(len(logits), device=logits.device)
    forth = functional.cross_entropy(logits, target)
    back = functional.cross_entropy(logits.T, target)
    return (forth + back) / 2


def nested_contrastive(
    image: Tensor, text: Tensor, also_true: Tensor, scale: Tensor, dims: Sequence[int]
) -> Tensor:
    """Scalar: the mean contrastive loss of the first 64, 128, ... dimensions, each made unit."""
    losses = [
        contrastive(
            functional.normalize(image[:, :dim], dim=1),
            functional.normalize(text[:, :dim], dim=1),
            also_true,
            scale,
        )
        for dim in dims
    ]
    return torch.stack(losses).mean()


def true_pairs(own_texts: Tensor, drawn: Tensor) -> Tensor:
    """bool (n, n): whether text `drawn[j]` is among the texts of image i.

    Args:
        own_texts: int64 (n, most), the ids of all texts of each image, filled up with -1.
        drawn: int64 (n,), the text drawn for each image.
    """
    columns = [own_texts[:, [k]] == drawn[None, :] for k in range(own_texts.shape[1])]
    return torch.stack(columns).any(0)
