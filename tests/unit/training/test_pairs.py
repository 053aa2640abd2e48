import torch

from training.compact.image_trunk import DEEP, WIDTH
from training.compact.pairs import RealTable, RowTable, Vocabulary, mixed, padded, residuals


def real_table() -> RealTable:
    features = torch.arange(4.0)[:, None].expand(4, WIDTH)
    return RealTable.of([features, features + 10], padded([[0, 1], [2], [3], [3, 4]]))


def test_vocabulary_gives_equal_texts_one_id() -> None:
    vocabulary = Vocabulary()
    assert vocabulary.ids(["dog", "cat", "dog"]) == [0, 1, 0]
    assert vocabulary.texts == ["dog", "cat"]


def test_a_drawn_text_is_one_of_its_image() -> None:
    draw = real_table().draw(50, torch.Generator().manual_seed(1))
    assert all(text in own for text, own in zip(draw.text, draw.own_texts, strict=True))


def test_draws_mix_the_views() -> None:
    draw = real_table().draw(50, torch.Generator().manual_seed(1))
    assert (draw.features[:, 0] >= 10).any()
    assert (draw.features[:, 0] < 10).any()


def test_images_of_a_common_first_text_are_drawn_less() -> None:
    weights = real_table().weights
    assert weights[2] == weights[3] < weights[0]


def test_row_features_point_from_the_mean_along_their_row() -> None:
    rows = torch.eye(2, DEEP)
    table = RowTable(rows, padded([[0], [1]]), torch.ones(DEEP), torch.zeros(3, WIDTH), 10.0)
    draw = table.draw(20, torch.Generator().manual_seed(1))
    pushed = (draw.features[:, :DEEP] - 1).argmax(1)
    assert pushed.tolist() == draw.text.tolist()


def test_residuals_are_centred_within_their_kind_and_keep_colours() -> None:
    features = torch.rand(6, WIDTH)
    left = residuals(features, ["a"] * 3 + ["b"] * 3)
    assert torch.allclose(left[:3, :DEEP].mean(0), torch.zeros(DEEP), atol=1e-6)
    assert torch.equal(left[:, DEEP:], features[:, DEEP:])


def test_a_mixed_batch_follows_the_shares_and_the_seed() -> None:
    tables = [(real_table(), 0.75), (real_table(), 0.25)]
    first = mixed(tables, 8, torch.Generator().manual_seed(3))
    again = mixed(tables, 8, torch.Generator().manual_seed(3))
    assert len(first.text) == 8
    assert torch.equal(first.features, again.features)
