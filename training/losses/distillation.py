"""Learning from a larger teacher's rows for the same pairs."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, kl_div, log_softmax

from training.losses.rows import PairRows


class EmbeddingDistillation(nn.Module):
    """1 - cosine between each row and the teacher's, images and texts alike.

    Where the dimensions differ, one linear projection, shared by both towers so that the space
    stays one, brings the student's rows into the teacher's space (as the feature distillation of
    CLIP-KD, Yang et al. 2024). It is dropped after training.
    """

    def __init__(self, dim: int, teacher_dim: int) -> None:
        super().__init__()
        self.projection: nn.Module = (
            nn.Identity() if dim == teacher_dim else nn.Linear(dim, teacher_dim, bias=False)
        )

    def forward(self, student: PairRows, teacher: PairRows) -> Tensor:
        """A scalar, 0 to 2, over anchors and positives."""
        anchors = cosine_similarity(self.projection(student.anchors), teacher.anchors)
        positives = cosine_similarity(self.projection(student.positives), teacher.positives)
        return student.mean(1 - (anchors + positives) / 2)


class SimilarityDistillation(nn.Module):
    """The batch's similarities should be distributed as the teacher's are.

    The Kullback-Leibler divergence from the teacher's softmax over the batch to the student's, in
    both directions (affinity mimicking of TinyCLIP, Wu et al. 2023). No mask is needed: the teacher
    itself tells how much each pair is true. Only rows of the modality looked for take part.
    """

    def __init__(self, temperature: float) -> None:
        super().__init__()
        self._temperature = temperature

    def forward(self, student: PairRows, teacher: PairRows) -> Tensor:
        """A scalar in nats, at least 0."""
        mine = student.cosines() / self._temperature
        theirs = teacher.cosines() / self._temperature
        masks = student.masks
        there = self._divergence(mine, theirs, masks.positive_image)
        back = self._divergence(mine.T, theirs.T, masks.anchor_image)
        return student.mean(there + back) / 2

    @staticmethod
    def _divergence(mine: Tensor, theirs: Tensor, image: Tensor) -> Tensor:
        """float32 (n,), row by row, over the columns whose modality is the row's own answer's."""
        other = image[:, None] != image[None, :]
        # A finite floor: -inf on both sides would make nan of inf - inf in the gradient.
        floor = torch.finfo(mine.dtype).min / 2
        log_mine = log_softmax(mine.masked_fill(other, floor), dim=1)
        log_theirs = log_softmax(theirs.masked_fill(other, floor), dim=1)
        divergence: Tensor = kl_div(log_mine, log_theirs, reduction="none", log_target=True)
        return divergence.masked_fill(other, 0.0).sum(dim=1)
