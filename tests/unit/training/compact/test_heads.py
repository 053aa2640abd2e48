import pytest
import torch

from training.compact.heads import DIM, Head, Likenesses, block_scale, likeness_scale


def test_heads_give_unit_rows() -> None:
    head = Head(torch.zeros(6), torch.ones(6), hidden=8, dropout=0.0)
    rows = head(torch.randn(4, 6))
    assert rows.shape == (4, DIM)
    assert torch.allclose(rows.norm(dim=1), torch.ones(4), atol=1e-5)


def test_likenesses_stand_beside_the_features_and_their_squares_add_up_to_one() -> None:
    seen = Likenesses(torch.eye(3, 4), torch.zeros(3))(torch.randn(5, 6))
    assert seen.shape == (5, 9)
    assert torch.allclose(seen[:, 6:].square().sum(1), torch.ones(5), atol=1e-5)


def test_the_greatest_likeness_is_to_the_class_of_the_largest_logit() -> None:
    features = torch.tensor([[0.0, 9.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0]])
    seen = Likenesses(torch.eye(3, 4), torch.zeros(3))(features)
    assert seen[:, 4:].argmax(1).tolist() == [1, 0]


def test_a_text_is_most_like_the_name_it_is() -> None:
    names = torch.nn.functional.normalize(torch.randn(5, 8, generator=torch.manual_seed(1)), dim=1)
    seen = Likenesses.of_names(names)(names)
    assert seen[:, 8:].argmax(1).tolist() == [0, 1, 2, 3, 4]


def test_blocks_are_scaled_to_one_root_mean_square_each() -> None:
    features = torch.cat([torch.randn(500, 3) * 5, torch.randn(500, 2) * 0.1], 1)
    scaled = features / block_scale(features, (3, 2))
    assert scaled[:, :3].square().mean().sqrt() == pytest.approx(1.0, abs=1e-4)
    assert scaled[:, 3:].square().mean().sqrt() == pytest.approx(1.0, abs=1e-4)
    assert likeness_scale(4).shape == (4,)
