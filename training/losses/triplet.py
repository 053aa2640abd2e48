"""Triplet losses over the batch (Schroff et al. 2015; Hermans et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from training.losses.mining import Mining
from training.losses.rows import PairRows


class Triplet(nn.Module):
    """A positive must be nearer than the chosen negative by `margin`, in cosine distance.

    batch-hard takes the nearest negative (Hermans et al. 2017). semi-hard takes the nearest of
    those that are farther than the positive, or the farthest where none is (Schroff et al. 2015),
    which does not collapse at the start. Both directions count. A pair without any negative in
    its batch counts as solved.
    """

    def __init__(self, margin: float, mining: Mining) -> None:
        super().__init__()
        self.margin = margin
        self.mining = mining

    def forward(self, rows: PairRows) -> Tensor:
        """The mean hinge, a scalar in cosine distance, of both directions."""
        cosines, masks = rows.cosines(), rows.masks
        right = cosines.diagonal()
        candidates, keep = cosines, masks.forward_negatives()
        if rows.negatives.shape[1]:
            candidates = torch.cat([cosines, rows.hard_cosines()], dim=1)
            keep = torch.cat([keep, masks.hard_negatives()], dim=1)
        there = self._hinge(right, candidates, keep)
        back = self._hinge(right, cosines.T, masks.backward_negatives())
        return rows.mean(there + back) / 2

    def _hinge(self, right: Tensor, cosines: Tensor, keep: Tensor) -> Tensor:
        nearest = cosines.masked_fill(~keep, -torch.inf)
        if self.mining == "batch-hard":
            chosen = nearest.amax(dim=1)
        else:
            beyond = cosines.masked_fill(~keep | (cosines >= right[:, None]), -torch.inf)
            farthest = cosines.masked_fill(~keep, torch.inf).amin(dim=1)
            chosen = torch.where(beyond.isfinite().any(dim=1), beyond.amax(dim=1), farthest)
        hinge = (chosen - right + self.margin).clamp(min=0.0)
        return torch.where(keep.any(dim=1), hinge, 0.0)
