"""Nested dimensions and distillation."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tests.unit.training.losses.batches import DIM, MIXED, PLAIN, WEIGHTS, rows
from training.losses.distillation import EmbeddingDistillation, SimilarityDistillation
from training.losses.infonce import InfoNce
from training.losses.matryoshka import Matryoshka
from training.losses.scale import LogitScale


def test_nested_dimensions_are_a_weighted_mean_of_the_cuts() -> None:
    loss, batch = InfoNce(LogitScale(0.2).double()), rows(MIXED, weights=WEIGHTS)
    nested = Matryoshka(loss, {2: 1.0, DIM: 3.0})
    expected = (loss(batch.cut(2)) + 3 * loss(batch)) / 4
    assert torch.isclose(nested(batch), expected)


def test_a_copy_of_the_teacher_has_nothing_to_learn() -> None:
    batch = rows(MIXED, weights=WEIGHTS)
    for loss in (EmbeddingDistillation(DIM, DIM), SimilarityDistillation(0.1)):
        assert loss(batch, batch).item() == pytest.approx(0.0, abs=1e-12)


def test_embeddings_are_compared_by_cosine() -> None:
    mine, theirs = rows(PLAIN, seed=1), rows(PLAIN, seed=2)
    cosines = [(mine.anchors * theirs.anchors).sum(1), (mine.positives * theirs.positives).sum(1)]
    loss = EmbeddingDistillation(DIM, DIM)(mine, theirs)
    assert torch.isclose(loss, 1 - torch.stack(cosines).mean())


def test_other_dimensions_go_through_one_projection_that_learns() -> None:
    mine = rows(PLAIN, seed=1)
    theirs = replace(mine, anchors=mine.anchors[:, :3], positives=mine.positives[:, :3])
    loss = EmbeddingDistillation(DIM, 3).double()
    loss(mine, theirs).backward()
    (weight,) = loss.parameters()
    assert weight.shape == (3, DIM)
    assert weight.grad is not None
    assert weight.grad.abs().sum() > 0


def test_similarities_diverge_as_kullback_and_leibler_say() -> None:
    mine, theirs = rows(PLAIN, seed=1), rows(PLAIN, seed=2)
    total = 0.0
    for turn in (False, True):
        p = theirs.anchors @ theirs.positives.T / 0.5
        q = mine.anchors @ mine.positives.T / 0.5
        p, q = (p.T, q.T) if turn else (p, q)
        p, q = p.softmax(1), q.softmax(1)
        total += float((p * (p / q).log()).sum(1).mean()) / 2
    assert SimilarityDistillation(0.5)(mine, theirs).item() == pytest.approx(total)


def test_gradients_of_similarity_distillation_equal_finite_differences() -> None:
    batch, theirs = rows(MIXED, seed=1, weights=WEIGHTS), rows(MIXED, seed=2)
    loss = SimilarityDistillation(0.3)

    def of(anchors: torch.Tensor, positives: torch.Tensor) -> torch.Tensor:
        found = loss(replace(batch, anchors=anchors, positives=positives), theirs)
        assert isinstance(found, torch.Tensor)
        return found

    inputs = [batch.anchors.clone().requires_grad_(), batch.positives.clone().requires_grad_()]
    assert torch.autograd.gradcheck(of, inputs, fast_mode=True)
