"""Small batches of pairs for the tests of losses, in float64 so that differences are exact."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import normalize

from training.losses.rows import Keys, PairRows

DIM = 6


def keys(
    anchors: Sequence[int],
    positives: Sequence[int],
    *,
    negatives: Sequence[Sequence[int]] | None = None,
    products: Sequence[int] | None = None,
    anchor_image: Sequence[bool] | None = None,
    positive_image: Sequence[bool] | None = None,
    asks: Sequence[Sequence[int]] | None = None,
    facts: Sequence[Sequence[int]] | None = None,
) -> Keys:
    """Keys of text -> image pairs without products, but for what is given. 0 is no key."""
    count = len(anchors)
    return Keys(
        anchor=torch.tensor(anchors),
        positive=torch.tensor(positives),
        negative=torch.tensor(negatives or [[]] * count, dtype=torch.int64).reshape(count, -1),
        product=torch.tensor(products or [0] * count),
        anchor_image=torch.tensor(anchor_image or [False] * count),
        positive_image=torch.tensor(positive_image or [True] * count),
        asks=torch.tensor(asks or [[]] * count, dtype=torch.bool).reshape(count, -1),
        facts=torch.tensor(facts or [[]] * count, dtype=torch.bool).reshape(count, -1),
    )


def rows(of: Keys, *, seed: int = 0, weights: Sequence[float] | None = None) -> PairRows:
    """Random unit rows for `of`; float64."""
    random = torch.Generator().manual_seed(seed)
    count, hard = of.negative.shape

    def unit(*shape: int) -> Tensor:
        return normalize(torch.randn(*shape, DIM, generator=random, dtype=torch.float64), dim=-1)

    given = torch.tensor(weights or [1.0] * count, dtype=torch.float64)
    return PairRows(unit(count), unit(count), unit(count, hard), given, of)


PLAIN = keys([1, 2, 3, 4], [11, 12, 13, 14])
"""Four text -> image pairs that have nothing in common."""

MIXED = keys(
    [1, 2, 1, 15, 16, 17],
    [11, 12, 13, 14, 11, 3],
    negatives=[[12, 21], [22, 0], [23, 24], [25, 26], [0, 0], [0, 0]],
    products=[0, 7, 7, 0, 0, 9],
    anchor_image=[False, False, False, True, True, True],
    positive_image=[True, True, True, True, True, False],
)
"""Text -> image, image -> image and image -> text pairs: a shared text, image and product, and
explicit negatives, some of which are true of others."""

WEIGHTS = [1.0, 0.5, 2.0, 1.0, 3.0, 0.25]
