import math

import torch

from training.compact.losses import contrastive, nested_contrastive, true_pairs

NONE = torch.zeros(3, 3, dtype=torch.bool)


def test_perfect_pairs_cost_next_to_nothing() -> None:
    rows = torch.eye(3)
    assert contrastive(rows, rows, NONE, torch.tensor(50.0)) < 1e-6


def test_indistinct_pairs_cost_the_logarithm_of_the_batch() -> None:
    rows = torch.ones(3, 4) / 2
    loss = contrastive(rows, rows, NONE, torch.tensor(10.0))
    assert math.isclose(float(loss), math.log(3), rel_tol=1e-5)


def test_a_text_that_is_also_true_is_no_negative() -> None:
    rows = torch.eye(3)[[0, 0, 1]]
    shared = torch.tensor([[True, True, False], [True, True, False], [False, False, True]])
    assert contrastive(rows, rows, shared, torch.tensor(50.0)) < 1e-6


def test_nested_loss_is_the_mean_over_the_cuts() -> None:
    torch.manual_seed(0)
    image, text = torch.randn(3, 8), torch.randn(3, 8)
    scale = torch.tensor(5.0)
    each = [nested_contrastive(image, text, NONE, scale, (dim,)) for dim in (2, 8)]
    both = nested_contrastive(image, text, NONE, scale, (2, 8))
    assert torch.isclose(both, torch.stack(each).mean())


def test_true_pairs_finds_drawn_texts_among_all_texts_of_an_image() -> None:
    own = torch.tensor([[1, 2], [3, -1], [2, 4]])
    expected = [[True, False, True], [False, True, False], [False, False, True]]
    assert true_pairs(own, torch.tensor([1, 3, 2])).tolist() == expected
