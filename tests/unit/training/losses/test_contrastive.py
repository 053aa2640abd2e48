"""InfoNCE, the sigmoid loss and triplets against plain loops, and by finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from tests.unit.training.losses import naive
from tests.unit.training.losses.batches import MIXED, PLAIN, WEIGHTS, masks, rows
from training.losses.infonce import InfoNce
from training.losses.rows import PairRows
from training.losses.scale import LogitScale
from training.losses.sigmoid import Sigmoid
from training.losses.triplet import Triplet

SCALES, BIASES = (7.0, 4.0), (-2.0, -1.0)


def scale() -> LogitScale:
    """Of different values for the two kinds of pairs."""
    made = LogitScale(0.1, bias=0.0).double()
    with torch.no_grad():
        made.log_scale.copy_(torch.tensor(SCALES, dtype=torch.float64).log())
        assert made.bias is not None
        made.bias.copy_(torch.tensor(BIASES, dtype=torch.float64))
    return made


def unbiased() -> LogitScale:
    made = scale()
    made.bias = None
    return made


Case = tuple[Callable[[], nn.Module], Callable[[PairRows], float]]
CASES: dict[str, Case] = {
    "infonce": (lambda: InfoNce(unbiased()), lambda r: naive.infonce(r, SCALES)),
    "sigmoid": (lambda: Sigmoid(scale()), lambda r: naive.sigmoid(r, SCALES, BIASES)),
    "batch-hard": (
        lambda: Triplet(0.3, "batch-hard"),
        lambda r: naive.triplet(r, 0.3, "batch-hard"),
    ),
    "semi-hard": (
        lambda: Triplet(0.3, "semi-hard"),
        lambda r: naive.triplet(r, 0.3, "semi-hard"),
    ),
}
every_loss = pytest.mark.parametrize(("make", "slow"), CASES.values(), ids=list(CASES))


@every_loss
@pytest.mark.parametrize("seed", range(4))
def test_a_loss_equals_its_plain_loops(
    make: Callable[[], nn.Module], slow: Callable[[PairRows], float], seed: int
) -> None:
    batch = rows(MIXED, seed=seed, weights=WEIGHTS)
    assert make()(batch).item() == pytest.approx(slow(batch), abs=1e-12)


@every_loss
def test_a_loss_without_hard_negatives_equals_its_plain_loops(
    make: Callable[[], nn.Module], slow: Callable[[PairRows], float]
) -> None:
    batch = rows(PLAIN, seed=5)
    assert make()(batch).item() == pytest.approx(slow(batch), abs=1e-12)


@every_loss
def test_gradients_equal_finite_differences(
    make: Callable[[], nn.Module], slow: Callable[[PairRows], float]
) -> None:
    batch, loss = rows(MIXED, seed=1, weights=WEIGHTS), make()

    def of(anchors: Tensor, positives: Tensor, negatives: Tensor, *_: Tensor) -> Tensor:
        found = loss(replace(batch, anchors=anchors, positives=positives, negatives=negatives))
        assert isinstance(found, Tensor)
        return found

    inputs = [batch.anchors, batch.positives, batch.negatives]
    inputs = [given.clone().requires_grad_() for given in inputs]
    assert torch.autograd.gradcheck(of, (*inputs, *loss.parameters()), fast_mode=True)


@every_loss
def test_a_batch_of_one_pair_has_a_finite_loss(
    make: Callable[[], nn.Module], slow: Callable[[PairRows], float]
) -> None:
    assert torch.isfinite(make()(rows(masks(1))))


@every_loss
def test_the_scale_of_the_weights_does_not_matter(
    make: Callable[[], nn.Module], slow: Callable[[PairRows], float]
) -> None:
    batch = rows(MIXED, weights=WEIGHTS)
    heavier = replace(batch, weights=10 * batch.weights)
    assert torch.isclose(make()(batch), make()(heavier))


def test_perfect_pairs_cost_nothing() -> None:
    unit = torch.eye(4, 6, dtype=torch.float64)
    batch = replace(rows(PLAIN), anchors=unit, positives=unit)
    assert InfoNce(LogitScale(0.01).double())(batch).item() < 1e-6


def test_pairs_of_one_text_do_not_push_each_other_away() -> None:
    unit = torch.eye(4, 6, dtype=torch.float64)[[0, 0, 1, 2]]
    batch = replace(rows(masks(4, also_true=[(0, 1), (1, 0)])), anchors=unit, positives=unit)
    assert InfoNce(LogitScale(0.01).double())(batch).item() < 1e-6


def test_the_scale_is_clamped() -> None:
    made = LogitScale(1e-6)
    assert made.scale().tolist() == pytest.approx([100.0, 100.0])


def test_the_sigmoid_loss_refuses_a_scale_without_bias() -> None:
    with pytest.raises(ValueError, match="bias"):
        Sigmoid(LogitScale(0.1))
