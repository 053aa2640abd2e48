"""Symmetric InfoNCE, the loss of CLIP (van den Oord et al. 2018; Radford et al. 2021)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.losses.rows import (
    PairRows,
    backward_negatives,
    forward_negatives,
    hard_negatives,
    same_modality,
)
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
        keys = rows.keys
        kinds = same_modality(keys.anchor_image, keys.positive_image)
        logits = self.scale(rows.anchors @ rows.positives.T, kinds)
        right = logits.diagonal()
        there = _masked(logits, forward_negatives(keys))
        back = _masked(logits.T, backward_negatives(keys))
        if rows.negatives.shape[1]:
            there = torch.cat([there, self._hard(rows)], dim=1)
        losses = 2 * right - _log_sum(right, there) - _log_sum(right, back)
        return -rows.mean(losses) / 2

    def _hard(self, rows: PairRows) -> Tensor:
        """float32 (n, n x k): logits of the explicit negatives, -inf for those that don't serve."""
        cosines = rows.anchors @ rows.negatives.flatten(0, 1).T
        kinds = rows.keys.anchor_image[:, None].expand_as(cosines)  # negatives are images
        return _masked(self.scale(cosines, kinds), hard_negatives(rows.keys))


def _masked(logits: Tensor, keep: Tensor) -> Tensor:
    return logits.masked_fill(~keep, -torch.inf)


def _log_sum(right: Tensor, others: Tensor) -> Tensor:
    """float32 (n,): the log of the sum of exp over the right answer and the others."""
    return torch.logsumexp(torch.cat([right[:, None], others], dim=1), dim=1)
