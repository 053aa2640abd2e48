from collections.abc import Sequence

import numpy as np

from training.compact.calibration import platt
from training.compact.scores import Vectors, look_alikes, precision, recall


def encode(texts: Sequence[str]) -> Vectors:
    return np.array([[1, 0] if text == "left" else [0, 1] for text in texts], dtype=np.float32)


def test_recall_counts_titles_whose_image_is_near() -> None:
    images = np.array([[1, 0]] + [[0, 1]] * 11, dtype=np.float32)
    assert recall(images, ["left"] + ["right"] * 11, encode, 2) == 1.0
    images[0] = [-1, 0]
    assert recall(images, ["left"] + ["right"] * 11, encode, 2) == 0.5


def test_precision_counts_the_right_among_the_nearest() -> None:
    images = np.array([[1, 0]] * 5 + [[0, 1]] * 5, dtype=np.float32)
    assert precision(images, ["left"] * 5 + ["right"] * 5, encode, 2) == 1.0


def test_look_alikes_leave_the_asking_image_out() -> None:
    images = np.array([[1, 0]] * 11 + [[0, 1]] * 11, dtype=np.float32)
    assert look_alikes(images, ["left"] * 11 + ["right"] * 11, 2) == 1.0
    assert look_alikes(images, [f"own {i}" for i in range(22)], 2) == 0.0


def test_platt_recovers_the_sigmoid_that_made_the_labels() -> None:
    random = np.random.default_rng(1)
    cosine = random.uniform(-1, 1, 20_000).astype(np.float32)
    relevant = random.uniform(size=20_000) < 1 / (1 + np.exp(-(8 * cosine - 2)))
    fit = platt(cosine, relevant)
    assert abs(fit.slope - 8) < 0.5
    assert abs(fit.intercept + 2) < 0.3
