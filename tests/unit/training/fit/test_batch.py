"""What a batch knows of its pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from core.items import ImageSource
from training.fit.batch import masks_of
from training.pairs.pair import Pair


def image(name: str) -> ImageSource:
    return ImageSource(path=Path(name))


RED = Pair("red", image("red"), negatives=(image("blue"), image("green")))
BLUE = Pair("blue", image("blue"), negatives=(image("grey"),))
TURNED = Pair(image("red"), "red")


def test_a_pair_with_fewer_hard_negatives_leaves_its_places_empty() -> None:
    masks = masks_of([RED, BLUE], 2)
    #                              blue  green  grey   none
    assert masks.hard[0].tolist() == [True, True, True, False]
    assert masks.hard[1].tolist() == [False, True, True, False]  # blue is what it looks for


def test_pairs_that_share_a_side_are_true_of_each_other() -> None:
    masks = masks_of([replace(RED, negatives=()), replace(BLUE, negatives=()), TURNED], 0)
    assert masks.true.tolist() == [[True, False, True], [False, True, False], [True, False, True]]
    assert masks.anchor_image.tolist() == [False, False, True]
    assert masks.positive_image.tolist() == [True, True, False]
    assert masks.hard.shape == (3, 0)
    assert masks.true.dtype is torch.bool
