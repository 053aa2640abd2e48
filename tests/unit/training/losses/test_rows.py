"""What may serve as a negative."""

from __future__ import annotations

import torch

from tests.unit.training.losses.batches import keys, rows
from training.losses.rows import (
    backward_negatives,
    forward_negatives,
    hard_negatives,
    true_pairs,
)

OFF = ~torch.eye(3, dtype=torch.bool)


def test_all_others_are_negatives_where_nothing_is_shared() -> None:
    assert torch.equal(forward_negatives(keys([1, 2, 3], [4, 5, 6])), OFF)


def test_a_shared_text_image_or_product_is_true() -> None:
    for shared in (
        keys([1, 1, 3], [4, 5, 6]),
        keys([1, 2, 3], [4, 4, 6]),
        keys([1, 2, 3], [4, 5, 6], products=[8, 8, 9]),
    ):
        assert true_pairs(shared).tolist()[0] == [True, True, False]


def test_unknown_products_are_not_one_product() -> None:
    assert torch.equal(forward_negatives(keys([1, 2, 3], [4, 5, 6], products=[0, 0, 0])), OFF)


def test_an_anchor_image_is_no_negative_of_itself() -> None:
    given = keys([1, 4, 3], [4, 5, 6], anchor_image=[False, True, False])
    assert not forward_negatives(given)[1, 0]


def test_an_image_with_all_that_a_text_asks_for_is_no_negative_of_it() -> None:
    given = keys(
        [1, 2, 3],
        [4, 5, 6],
        asks=[[1, 0, 0], [1, 1, 0], [0, 0, 0]],
        facts=[[1, 0, 1], [1, 1, 0], [1, 1, 1]],
    )
    assert forward_negatives(given).tolist() == [
        [False, False, False],
        [True, False, False],
        [True, True, False],
    ]
    assert torch.equal(backward_negatives(given), forward_negatives(given).T)


def test_texts_and_images_are_not_each_others_negatives() -> None:
    given = keys([1, 2, 3], [4, 5, 6], anchor_image=[False, True, True], positive_image=[1, 1, 0])
    assert forward_negatives(given)[0].tolist() == [False, True, False]
    assert backward_negatives(given)[0].tolist() == [False, False, False]


def test_the_positive_of_a_pair_of_the_same_text_is_no_hard_negative() -> None:
    given = keys([1, 1, 3], [4, 5, 6], negatives=[[5, 7], [8, 0], [4, 5]])
    assert hard_negatives(given)[0].tolist() == [False, True, True, False, False, False]
    assert hard_negatives(given)[2].tolist() == [True, True, True, False, True, True]


def test_a_cut_has_unit_rows() -> None:
    cut = rows(keys([1, 2], [4, 5], negatives=[[7], [8]])).cut(2)
    for part in (cut.anchors, cut.positives, cut.negatives):
        assert part.shape[-1] == 2
        assert torch.allclose(part.norm(dim=-1), torch.ones(()).double())
