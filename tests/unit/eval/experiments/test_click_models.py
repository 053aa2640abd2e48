import numpy as np
import pytest

from eval.experiments.click_models import Cascade, PositionBased

ATTRACTION = np.full((200_000, 5), 0.4)


def test_position_based_clicks_fall_with_the_place_alone() -> None:
    model = PositionBased(decay=1.0)
    clicked = model.clicks(ATTRACTION, np.random.default_rng(0))
    assert clicked.mean(axis=0) == pytest.approx(0.4 / np.arange(1, 6), abs=0.005)
    assert np.corrcoef(clicked.T)[0, 1] == pytest.approx(0, abs=0.01)


def test_without_decay_every_place_is_alike() -> None:
    assert PositionBased(0).examined(4).tolist() == [1, 1, 1, 1]


def test_the_plain_cascade_ends_with_the_first_click() -> None:
    clicked = Cascade(1.0, 0.0).clicks(ATTRACTION, np.random.default_rng(0))
    assert clicked.sum(axis=1).max() == 1
    assert clicked.mean(axis=0) == pytest.approx(0.4 * 0.6 ** np.arange(5), abs=0.005)


def test_whoever_is_never_satisfied_and_never_gives_up_reads_all() -> None:
    clicked = Cascade(0.0, 0.0).clicks(ATTRACTION, np.random.default_rng(0))
    assert clicked.mean(axis=0) == pytest.approx(0.4, abs=0.005)


def test_giving_up_is_after_a_place_that_was_not_clicked() -> None:
    clicked = Cascade(0.0, 0.5).clicks(ATTRACTION, np.random.default_rng(0))
    assert clicked.mean(axis=0) == pytest.approx(0.4 * 0.7 ** np.arange(5), abs=0.005)
