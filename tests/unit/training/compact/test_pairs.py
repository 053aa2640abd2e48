import torch

from training.compact.image_trunk import WIDTH
from training.compact.pairs import (
    RealTable,
    Views,
    Vocabulary,
    mixed,
    padded,
    same_views,
    true_pairs,
)


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


def test_a_mixed_batch_follows_the_shares_and_the_seed() -> None:
    tables = [(real_table(), 0.75), (real_table(), 0.25)]
    first = mixed(tables, 8, torch.Generator().manual_seed(3))
    again = mixed(tables, 8, torch.Generator().manual_seed(3))
    assert len(first.text) == 8
    assert torch.equal(first.features, again.features)


def test_two_views_are_of_one_image() -> None:
    views = real_table().draw_views(20, torch.Generator().manual_seed(1))
    assert torch.equal(views.second, views.first + 10)


def test_views_come_from_all_tables() -> None:
    tables = [(real_table(), 0.5), (real_table(), 0.5)]
    views = Views.mixed(tables, 8, torch.Generator().manual_seed(3))
    assert len(views.first) == len(views.second) == len(views.key) == 8


def test_a_drawn_text_is_true_of_every_image_that_has_it() -> None:
    own = padded([[0, 1], [2], [1]])
    true = true_pairs(own, torch.tensor([1, 2, 1]))
    assert true.tolist() == [[True, False, True], [False, True, False], [True, False, True]]


def test_views_of_images_by_one_name_are_no_negatives_of_each_other() -> None:
    assert same_views(torch.tensor([4, 5, 4])).tolist() == [
        [True, False, True],
        [False, True, False],
        [True, False, True],
    ]
