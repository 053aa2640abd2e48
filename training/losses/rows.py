"""A batch of pairs as the losses see it: unit rows, and what may serve as a negative of what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor
from torch.nn.functional import normalize


@dataclass(frozen=True)
class Masks:
    """What is true of n pairs with k hard negatives each, whatever their rows.

    true: bool (n, n), whether positive j is right for anchor i; so it is on the diagonal.
    hard: bool (n, n x k), whether hard negative j of the batch, pair by pair, is there and is wrong
        for anchor i.
    anchor_image, positive_image: bool (n,), whether that member is an image rather than a text.
    """

    true: Tensor
    hard: Tensor
    anchor_image: Tensor
    positive_image: Tensor

    def forward_negatives(self) -> Tensor:
        """bool (n, n): whether positive j serves anchor i as a negative.

        Only members of the modality that anchor i looks for do: texts and images lie in different
        parts of the space, and to tell them apart is no task.
        """
        return same_modality(self.positive_image, self.positive_image) & ~self.true

    def backward_negatives(self) -> Tensor:
        """bool (n, n): whether anchor j serves positive i as a negative."""
        return same_modality(self.anchor_image, self.anchor_image) & ~self.true.T

    def hard_negatives(self) -> Tensor:
        """bool (n, n x k): whether hard negative j, an image, serves anchor i."""
        return self.hard & self.positive_image[:, None]

    def kinds(self) -> Tensor:
        """bool (n, n): whether anchor i and positive j are both texts or both images."""
        return same_modality(self.anchor_image, self.positive_image)

    def hard_kinds(self) -> Tensor:
        """bool (n, n x k): whether anchor i is an image, as hard negatives are."""
        return self.anchor_image[:, None].expand_as(self.hard)


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
    masks: Masks

    def cut(self, dim: int) -> PairRows:
        """The first `dim` dimensions, unit length again."""
        return replace(
            self,
            anchors=normalize(self.anchors[:, :dim], dim=-1),
            positives=normalize(self.positives[:, :dim], dim=-1),
            negatives=normalize(self.negatives[:, :, :dim], dim=-1),
        )

    def cosines(self) -> Tensor:
        """float32 (n, n), of anchors (rows) and positives."""
        return self.anchors @ self.positives.T

    def hard_cosines(self) -> Tensor:
        """float32 (n, n x k), of anchors (rows) and all hard negatives, pair by pair."""
        return self.anchors @ self.negatives.flatten(0, 1).T

    def mean(self, losses: Tensor) -> Tensor:
        """The mean of n losses, each by its pair's weight."""
        return (losses * self.weights).sum() / self.weights.sum()


def same_modality(left_image: Tensor, right_image: Tensor) -> Tensor:
    """bool (n, m): whether row i of the left and row j of the right are both texts or images."""
    return left_image[:, None] == right_image[None, :]
