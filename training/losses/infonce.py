"""Symmetric InfoNCE, the loss of CLIP (van den Oord et al. 2018; Radford et al. 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.losses.rows import PairRows
from training.losses.scale import LogitScale


class InfoNce(nn.Module):
    """Each anchor picks its positive out of the batch, and each positive its anchor.

    The negatives are the other pairs' members of the modality looked for, less those that are true
    (see `losses.rows`), and, for anchors, the explicit hard negatives.
    """

    def __init__(self, scale: LogitScale) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, rows: PairRows) -> Tensor:
        """The mean loss, a scalar in nats, of both directions."""
        masks = rows.masks
        logits = self.scale(rows.cosines(), masks.kinds())
        right = logits.diagonal()
        there = _masked(logits, masks.forward_negatives())
        back = _masked(logits.T, masks.backward_negatives())
        if rows.negatives.shape[1]:
            hard = self.scale(rows.hard_cosines(), masks.hard_kinds())
            there = torch.cat([there, _masked(hard, masks.hard_negatives())], dim=1)
        losses = 2 * right - _log_sum(right, there) - _log_sum(right, back)
        return -rows.mean(losses) / 2


def _masked(logits: Tensor, keep: Tensor) -> Tensor:
    return logits.masked_fill(~keep, -torch.inf)


def _log_sum(right: Tensor, others: Tensor) -> Tensor:
    """float32 (n,): the log of the sum of exp over the right answer and the others."""
    return torch.logsumexp(torch.cat([right[:, None], others], dim=1), dim=1)
