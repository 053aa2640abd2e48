"""What may serve as a negative."""

from __future__ import annotations

import torch

from tests.unit.training.losses.batches import masks, rows

OFF = ~torch.eye(3, dtype=torch.bool)


def test_all_others_are_negatives_where_nothing_is_shared() -> None:
    assert torch.equal(masks(3).forward_negatives(), OFF)
    assert torch.equal(masks(3).backward_negatives(), OFF)


def test_what_is_true_of_an_anchor_is_no_negative_in_either_direction() -> None:
    given = masks(3, also_true=[(0, 1)])
    assert given.forward_negatives()[0].tolist() == [False, False, True]
    assert given.backward_negatives()[1].tolist() == [False, False, True]
    assert given.forward_negatives()[1].tolist() == [True, False, True]


def test_texts_and_images_are_not_each_others_negatives() -> None:
    given = masks(3, anchor_image=[False, True, True], positive_image=[True, True, False])
    assert given.forward_negatives()[0].tolist() == [False, True, False]
    assert given.backward_negatives()[0].tolist() == [False, False, False]


def test_hard_negatives_serve_only_those_who_look_for_images() -> None:
    hard = torch.tensor([[True, False], [True, True]])
    given = masks(2, positive_image=[True, False], anchor_image=[False, True], hard=hard)
    assert given.hard_negatives().tolist() == [[True, False], [False, False]]


def test_a_cut_has_unit_rows() -> None:
    cut = rows(masks(2, hard=torch.ones(2, 2, dtype=torch.bool))).cut(2)
    for part in (cut.anchors, cut.positives, cut.negatives):
        assert part.shape[-1] == 2
        assert torch.allclose(part.norm(dim=-1), torch.ones(()).double())
