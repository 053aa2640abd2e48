"""The sigmoid loss of SigLIP (Zhai et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from training.losses.rows import (
    PairRows,
    backward_negatives,
    forward_negatives,
    hard_negatives,
    same_modality,
)
from training.losses.scale import LogitScale


class Sigmoid(nn.Module):
    """Every pair of an anchor and a positive of the batch is judged on its own: match, or not.

    Pairs that are true without being on the diagonal are left out, and so are pairs of modalities
    that the batch does not train. `scale` needs a bias.
    """

    def __init__(self, scale: LogitScale) -> None:
        super().__init__()
        if scale.bias is None:
            raise ValueError("The sigmoid loss needs a bias.")
        self.scale = scale

    def forward(self, rows: PairRows) -> Tensor:
        """The summed loss of each anchor, a scalar in nats, averaged over anchors by weight."""
        keys = rows.keys
        kinds = same_modality(keys.anchor_image, keys.positive_image)
        logits = self.scale(rows.anchors @ rows.positives.T, kinds)
        apart = forward_negatives(keys) | backward_negatives(keys).T
        losses = -logsigmoid(logits.diagonal()) - _rejected(logits, apart)
        if rows.negatives.shape[1]:
            cosines = rows.anchors @ rows.negatives.flatten(0, 1).T
            kinds = keys.anchor_image[:, None].expand_as(cosines)  # negatives are images
            losses = losses - _rejected(self.scale(cosines, kinds), hard_negatives(keys))
        return rows.mean(losses)


def _rejected(logits: Tensor, apart: Tensor) -> Tensor:
    """float32 (n,): the summed log likelihood that the marked entries are no matches."""
    return torch.where(apart, logsigmoid(-logits), 0.0).sum(dim=1)
