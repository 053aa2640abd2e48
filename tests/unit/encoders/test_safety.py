"""Judges of safety: in their order, bent at their threshold, bound to their encoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import EncoderMismatch, InvalidRequest, SettingsError
from encoders.encoder import Vectors
from encoders.safety import Head, ZeroShot, bent, load_judge, read_head, write_head
from training.safety.head import Measured, train_head

DIM = 16


@dataclass(frozen=True)
class Axes:
    """An encoder whose texts are axes: 'unsafe' words are the first, all others the second."""

    slope: float | None = 12.0
    name: str = "axes"
    dim: int = DIM
    fingerprint: str = "a" * 64
    image_size: int = 8

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = [0 if "gore" in text or "bad" in text else 1 for text in texts]
        return np.eye(DIM, dtype=np.float32)[rows]

    def encode_images(self, images: Sequence[Image.Image]) -> Vectors:
        raise NotImplementedError

    def relevance(self, cosine: float, query: str) -> float | None:
        return None if self.slope is None else 1 / (1 + float(np.exp(6 - self.slope * cosine)))


def pictured(unsafe: float, safe: float) -> Vectors:
    row = np.zeros((1, DIM), dtype=np.float32)
    row[0, :3] = unsafe, safe, np.sqrt(max(0.0, 1 - unsafe**2 - safe**2))
    return row


@pytest.mark.parametrize("slope", [12.0, None])
def test_what_is_near_to_an_unsafe_concept_alone_is_unsafe(slope: float | None) -> None:
    judge = load_judge("zero-shot", Axes(slope))
    assert judge.judge(pictured(0.9, 0.1))[0] > 0.5
    assert judge.judge(pictured(0.1, 0.9))[0] < 0.5


def test_what_is_near_to_nothing_is_safe_where_the_encoder_is_calibrated() -> None:
    assert load_judge("zero-shot", Axes()).judge(pictured(0.1, 0.0))[0] < 0.1


def test_concepts_and_threshold_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "concepts.yaml"
    file.write_text("unsafe: [bad things]\nsafe: [good things]\nthreshold: 0.9\n")
    judge = load_judge(f"zero-shot:{file}", Axes())
    assert isinstance(judge, ZeroShot)
    strict = ZeroShot(judge.unsafe, judge.safe, judge.encoder, 0.5)
    picture = pictured(0.62, 0.1)
    assert judge.judge(picture)[0] < 0.5 < strict.judge(picture)[0]


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0.01, 0.99))
def test_bending_keeps_the_order_and_moves_the_threshold_to_one_half(
    scores: list[float], threshold: float
) -> None:
    moved = bent(np.sort(np.array(scores)), threshold)
    assert (np.diff(moved) >= 0).all()
    assert ((moved >= 0) & (moved <= 1)).all()
    assert bent(np.array([0.0, threshold, 1.0]), threshold) == pytest.approx([0.0, 0.5, 1.0])


def judged(
    count: int = 400, seed: int = 0
) -> tuple[Vectors, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
    draw = np.random.default_rng(seed)
    rows = draw.standard_normal((count, DIM))
    unsafe = rows[:, 0] + 0.3 * draw.standard_normal(count) > 1.0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), unsafe


def test_a_head_learns_keeps_its_recall_and_survives_its_file(tmp_path: Path) -> None:
    vectors, unsafe = judged()
    head = train_head(vectors, unsafe, recall=0.95)
    measured = Measured.of(head, *judged(seed=1))
    assert measured.recall > 0.85
    assert measured.precision > measured.unsafe / measured.items * 2
    write_head(tmp_path / "head.json", head, "f" * 64, {})
    read = read_head(tmp_path / "head.json", "f" * 64)
    np.testing.assert_allclose(read.judge(vectors), head.judge(vectors))
    with pytest.raises(EncoderMismatch, match="another encoder"):
        load_judge(f"head:{tmp_path / 'head.json'}", Axes())


def test_a_head_judges_from_one_half_on() -> None:
    head = Head(np.eye(DIM)[0] * 10, -5.0, 0.2)
    assert head.judge(pictured(0.0, 1.0))[0] < 0.5 < head.judge(pictured(1.0, 0.0))[0]


def test_too_few_judged_items_are_refused() -> None:
    vectors, _ = judged(30)
    with pytest.raises(InvalidRequest, match="too few"):
        train_head(vectors, np.arange(30) < 3)


@pytest.mark.parametrize("spec", ["nonsense", "head:", "head:/no/where.json", "zero-shot:/no.yaml"])
def test_what_is_no_judge_is_refused(spec: str) -> None:
    with pytest.raises(SettingsError):
        load_judge(spec, Axes())


@pytest.mark.parametrize("text", ["", "[1]", "{}", "unsafe: []\nsafe: [a]", "unsafe: 3\nsafe: 4"])
def test_files_that_hold_no_judge_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    for spec in (f"zero-shot:{file}", f"head:{file}"):
        with pytest.raises(SettingsError):
            load_judge(spec, Axes())
