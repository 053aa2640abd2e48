from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from core.errors import EncoderMismatch, SourceError
from encoders.encoder import Vectors
from eval.drift.baseline import Sample, load_sample
from eval.drift.report import compare_samples
from eval.drift.shift import LEAST, count_shift, vector_shift


def vectors(count: int, seed: int, *, towards: float = 0.0, dim: int = 8) -> Vectors:
    """Unit rows around a centre; `towards` moves them along the first axis."""
    random = np.random.default_rng(seed)
    rows = random.normal(0, 0.3, (count, dim))
    rows[:, 0] += towards
    rows[:, 1] += 1
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def sample(items: Vectors, queries: Vectors, **kinds: int) -> Sample:
    return Sample("shop", "2026-01-05T00:00:00+00:00", "g1", "towers", items, queries, kinds)


def test_the_energy_distance_is_that_of_its_definition() -> None:
    one, other = vectors(30, 0), vectors(40, 1, towards=0.4)

    def mean(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
        return float(cdist(first.astype(float), second.astype(float)).mean())

    shift = vector_shift(one, other)
    assert shift is not None
    expected = 2 * mean(one, other) - mean(one, one) - mean(other, other)
    assert shift.distance == pytest.approx(expected)


def test_vectors_that_moved_are_found_and_others_are_not() -> None:
    before = vectors(150, 0)
    same, moved = (
        vector_shift(before, vectors(150, 1)),
        vector_shift(before, vectors(150, 2, towards=0.4)),
    )
    assert same is not None
    assert moved is not None
    assert same.least > 0.05
    assert moved.least <= 0.002
    assert min(moved.components) < 0.001


def test_false_alarms_are_as_rare_as_the_level_says() -> None:
    found = [vector_shift(vectors(40, 2 * n), vectors(40, 2 * n + 1)) for n in range(40)]
    alarms = sum(one is not None and one.least < 0.05 for one in found)
    assert alarms <= 6  # of 40 at 5 %: seven or more have a chance of less than one in a hundred


def test_too_few_tell_nothing() -> None:
    assert vector_shift(vectors(LEAST - 1, 0), vectors(100, 1)) is None
    assert count_shift({"text": 5}, {"text": 500}) is None


def test_kinds_that_shifted_have_a_large_index() -> None:
    shift = count_shift({"text": 900, "image": 100}, {"text": 500, "image": 500})
    assert shift is not None
    assert shift.index == pytest.approx(0.4 * np.log(1.8) + 0.4 * np.log(5), rel=0.02)
    assert shift.p < 1e-6
    same = count_shift({"text": 900, "image": 100}, {"text": 452, "image": 48})
    assert same is not None
    assert same.index < 0.01
    assert same.p > 0.5


def test_a_kind_that_is_new_leaves_the_index_finite() -> None:
    shift = count_shift({"text": 100}, {"text": 100, "image": 20})
    assert shift is not None
    assert np.isfinite(shift.index)


def test_a_sample_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    one = sample(vectors(5, 0), vectors(3, 1), text=3)
    one.save(tmp_path / "a" / "shop.npz")
    again = load_sample(tmp_path / "a" / "shop.npz")
    assert (again.collection, again.encoder, again.kinds) == ("shop", "towers", {"text": 3})
    assert np.array_equal(again.items, one.items)
    assert np.array_equal(again.queries, one.queries)


def test_a_baseline_that_is_damaged_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop.npz").write_bytes(b"nothing")
    with pytest.raises(SourceError, match="can't be read"):
        load_sample(tmp_path / "shop.npz")


def test_a_report_says_what_drifted() -> None:
    before = sample(vectors(100, 0), vectors(100, 1), text=100)
    now = sample(vectors(100, 2), vectors(100, 3, towards=0.5), text=100)
    report = compare_samples(before, now)
    assert report.drifted == {"items": False, "queries": True, "kinds": False}
    few = compare_samples(before, replace(now, queries=vectors(3, 0), kinds={}))
    assert few.drifted == {"items": False, "queries": None, "kinds": None}


def test_vectors_of_other_towers_are_not_compared() -> None:
    one = sample(vectors(30, 0), vectors(30, 1))
    with pytest.raises(EncoderMismatch, match="other towers"):
        compare_samples(one, replace(one, encoder="newer"))
