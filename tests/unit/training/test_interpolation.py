"""Weights between two models."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from training.interpolation import Trial, best, copied, put_between, try_all


def model(value: float) -> nn.Module:
    """A linear layer and a batch norm, all weights `value`."""
    made = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    for one in made.parameters():
        nn.init.constant_(one, value)
    return made


def trial(alpha: float, score: float, *, accepted: bool = True) -> Trial:
    return Trial(alpha, {"task": score}, {}, accepted)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 1.0])
def test_weights_lie_on_the_line_between_the_ends(alpha: float) -> None:
    start, end = copied(model(1.0)), copied(model(3.0))
    between = model(0.0)
    put_between(between, start, end, alpha)
    for one in between.parameters():
        assert torch.allclose(one, torch.tensor(1.0 + 2.0 * alpha))


def test_whole_numbers_are_taken_from_the_trained_model() -> None:
    start, end, between = copied(model(1.0)), copied(model(3.0)), model(0.0)
    end["1.num_batches_tracked"] = torch.tensor(7)
    put_between(between, start, end, 0.5)
    assert between[1].num_batches_tracked == 7


def test_a_copy_does_not_follow_the_model() -> None:
    made = model(1.0)
    kept = copied(made)
    nn.init.constant_(made[0].weight, 5.0)
    assert kept["0.weight"].eq(1.0).all()


def test_each_alpha_is_scored_with_its_weights_and_the_trained_ones_come_last() -> None:
    start, made = copied(model(0.0)), model(1.0)
    seen = []

    def score(alpha: float) -> Trial:
        seen.append((alpha, made[0].weight[0, 0].item()))
        return trial(alpha, alpha)

    assert [one.alpha for one in try_all(made, start, [1.0, 0.25], score)] == [0.25, 1.0]
    assert seen == [(0.25, 0.25), (1.0, 1.0)]
    assert made[0].weight[0, 0].item() == 1.0


def test_the_best_on_validation_is_taken_of_those_that_the_guard_accepts() -> None:
    trials = [trial(0.0, 0.3), trial(0.5, 0.5), trial(1.0, 0.9, accepted=False)]
    assert best(trials).alpha == 0.5


def test_where_the_guard_accepts_none_the_best_is_taken() -> None:
    trials = [trial(0.5, 0.5, accepted=False), trial(1.0, 0.9, accepted=False)]
    assert best(trials).alpha == 1.0


def test_of_equals_the_one_with_more_training_is_taken() -> None:
    assert best([trial(0.5, 0.5), trial(1.0, 0.5)]).alpha == 1.0
