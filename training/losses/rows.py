"""A batch of pairs as the losses see it: unit rows, and what may serve as a negative of what."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import normalize

NO_KEY = 0
"""The key of what has none: it equals nothing, not even itself."""


@dataclass(frozen=True)
class Keys:
    """What the n pairs of a batch are about. Equal keys are the same text, image or product.

    anchor, positive: int64 (n,), of the text or image.
    negative: int64 (n, k), of the hard negatives; NO_KEY where a pair has fewer than k.
    product: int64 (n,); NO_KEY where unknown.
    anchor_image, positive_image: bool (n,), whether that member is an image rather than a text.
    asks, facts: bool (n, f), what the anchor's text states and what is known of the positive's
        image, as sets over f hashed names; f may be 0.
    """

    anchor: Tensor
    positive: Tensor
    negative: Tensor
    product: Tensor
    anchor_image: Tensor
    positive_image: Tensor
    asks: Tensor
    facts: Tensor


@dataclass(frozen=True)
class PairRows:
    """n pairs of unit rows of d dimensions, with k explicit hard negatives each (images).

    anchors, positives: float32 (n, d). negatives: float32 (n, k, d), k may be 0; rows of absent
    negatives are never looked at. weights: float32 (n,), over 0: how much each pair counts.
    """

    anchors: Tensor
    positives: Tensor
    negatives: Tensor
    weights: Tensor
    keys: Keys

    def cut(self, dim: int) -> PairRows:
        """The first `dim` dimensions, unit length again."""
        return replace(
            self,
            anchors=normalize(self.anchors[:, :dim], dim=-1),
            positives=normalize(self.positives[:, :dim], dim=-1),
            negatives=normalize(self.negatives[:, :, :dim], dim=-1),
        )

    def mean(self, losses: Tensor) -> Tensor:
        """The mean of n losses, each by its pair's weight."""
        return (losses * self.weights).sum() / self.weights.sum()


def same(left: Tensor, right: Tensor) -> Tensor:
    """bool (n, m): whether key i of `left` (n,) equals key j of `right` (m,)."""
    return (left[:, None] == right[None, :]) & (left[:, None] != NO_KEY)


def true_pairs(keys: Keys) -> Tensor:
    """bool (n, n): whether positive j is true of anchor i, so that it must not be its negative.

    True on the diagonal; where two pairs share an anchor, a positive or a product; where an anchor
    image is another pair's positive; and where positive j has all the facts that anchor i asks for.
    """
    found = same(keys.anchor, keys.anchor) | same(keys.positive, keys.positive)
    found |= same(keys.product, keys.product)
    found |= same(keys.anchor, keys.positive) | same(keys.positive, keys.anchor)
    found |= _answered(keys)
    found.fill_diagonal_(True)
    return found


def _answered(keys: Keys) -> Tensor:
    """bool (n, n): whether anchor i asks for something, and positive j is known to have it."""
    asks, facts = keys.asks.float(), keys.facts.float()
    asked = asks.sum(dim=1)
    return (asked[:, None] > 0) & (asks @ facts.T == asked[:, None])


def forward_negatives(keys: Keys) -> Tensor:
    """bool (n, n): whether positive j serves anchor i as a negative.

    Only rows of the modality that anchor i looks for do: texts and images lie in different parts
    of the space, and telling them apart is no task.
    """
    alike = keys.positive_image[:, None] == keys.positive_image[None, :]
    return alike & ~true_pairs(keys)


def backward_negatives(keys: Keys) -> Tensor:
    """bool (n, n): whether anchor j serves positive i as a negative."""
    alike = keys.anchor_image[:, None] == keys.anchor_image[None, :]
    return alike & ~true_pairs(keys).T


def hard_negatives(keys: Keys) -> Tensor:
    """bool (n, n x k): whether each explicit negative of the batch serves anchor i as one.

    A pair's own do, and those of the other pairs unless they are something that is true of the
    anchor: its own image, its positive, or the positive of a pair with the same anchor or product.
    """
    negatives = keys.negative.flatten()
    # truths[i, j, l]: hard negative l is the positive of pair j, which is true of anchor i.
    truths = true_pairs(keys).to(torch.float32) @ same(keys.positive, negatives).to(torch.float32)
    usable = (negatives != NO_KEY)[None, :] & keys.positive_image[:, None]
    return usable & (truths == 0) & ~same(keys.anchor, negatives)


def same_modality(left_image: Tensor, right_image: Tensor) -> Tensor:
    """bool (n, m): whether row i of the left and row j of the right are both texts or images."""
    return left_image[:, None] == right_image[None, :]
