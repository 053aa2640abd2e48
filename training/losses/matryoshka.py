"""Nested dimensions: prefixes of a vector that are useful on their own (Kusupati et al. 2022)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from training.losses.rows import PairRows


class Matryoshka(nn.Module):
    """The weighted mean of a loss over several prefixes of the rows, each made unit length again.

    Args:
        loss: of whole rows.
        weights: by prefix length; the whole length is one of them where it should count.
    """

    def __init__(self, loss: nn.Module, weights: Mapping[int, float]) -> None:
        super().__init__()
        self.loss = loss
        self._weights = dict(weights)

    def forward(self, rows: PairRows) -> Tensor:
        """A scalar in the unit of `loss`."""
        parts = [weight * self.loss(rows.cut(dim)) for dim, weight in self._weights.items()]
        mean: Tensor = sum(parts[1:], start=parts[0]) / sum(self._weights.values())
        return mean
