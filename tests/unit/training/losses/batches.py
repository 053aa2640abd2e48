"""Small batches of pairs for the tests of losses, in float64 so that differences are exact."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from training.losses.rows import Masks, PairRows

DIM = 6


def masks(
    count: int,
    *,
    also_true: Sequence[tuple[int, int]] = (),
    anchor_image: Sequence[bool] | None = None,
    positive_image: Sequence[bool] | None = None,
    hard: Tensor | None = None,
) -> Masks:
    """Of `count` text -> image pairs that have nothing in common, but for what is given."""
    true = torch.eye(count, dtype=torch.bool)
    for i, j in also_true:
        true[i, j] = True
    return Masks(
        true=true,
        hard=torch.zeros(count, 0, dtype=torch.bool) if hard is None else hard,
        anchor_image=torch.tensor(anchor_image or [False] * count),
        positive_image=torch.tensor(positive_image or [True] * count),
    )


def rows(of: Masks, *, seed: int = 0, weights: Sequence[float] | None = None) -> PairRows:
    """Random unit rows for `of`; float64."""
    random = torch.Generator().manual_seed(seed)
    count, hard = of.hard.shape

    def unit(*shape: int) -> Tensor:
        return normalize(torch.randn(*shape, DIM, generator=random, dtype=torch.float64), dim=-1)

    given = torch.tensor(weights or [1.0] * count, dtype=torch.float64)
    return PairRows(unit(count), unit(count), unit(count, hard // count), given, of)


PLAIN = masks(4)
"""Four text -> image pairs that have nothing in common."""

MIXED = masks(
    6,
    also_true=[(0, 2), (2, 0), (1, 2), (2, 1), (0, 4), (3, 5)],
    anchor_image=[False, False, False, True, True, True],
    positive_image=[True, True, True, True, True, False],
    hard=torch.rand(6, 12, generator=torch.Generator().manual_seed(3)) < 0.7,
)
"""Text -> image, image -> image and image -> text pairs, some true of each other, with two explicit
negatives each, of which some are absent or true of others."""

WEIGHTS = [1.0, 0.5, 2.0, 1.0, 3.0, 0.25]
