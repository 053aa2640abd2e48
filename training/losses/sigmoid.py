"""The sigmoid loss of SigLIP (Zhai et al. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from training.losses.rows import PairRows
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
        masks = rows.masks
        logits = self.scale(rows.cosines(), masks.kinds())
        apart = masks.forward_negatives() | masks.backward_negatives().T
        losses = -logsigmoid(logits.diagonal()) - _rejected(logits, apart)
        if rows.negatives.shape[1]:
            hard = self.scale(rows.hard_cosines(), masks.hard_kinds())
            losses = losses - _rejected(hard, masks.hard_negatives())
        return rows.mean(losses)


def _rejected(logits: Tensor, apart: Tensor) -> Tensor:
    """float32 (n,): the summed log likelihood that the marked entries are no matches."""
    return torch.where(apart, logsigmoid(-logits), 0.0).sum(dim=1)
