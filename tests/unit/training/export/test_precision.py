"""int8 that is calibrated, and when it is left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from training.export.graph import to_onnx
from training.export.precision import INT8_LEAST, keep_image, keep_text, least_row_cosine

Pixels = list[np.ndarray]


class Tower(nn.Module):
    """Convolutions and matrices; `spread` puts the channels' ranges far apart, which int8 hates."""

    def __init__(self, spread: float = 1.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 32, 4, stride=4)
        self.second = nn.Conv2d(32, 64, 3)
        self.last = nn.Linear(64, 48)
        with torch.no_grad():
            scale = torch.logspace(0, float(np.log10(spread)), 32)
            self.first.weight *= scale[:, None, None, None]
            self.second.weight /= scale[:, None, None]

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        rows = self.second(self.first(pixels)).relu().mean((2, 3))
        return nn.functional.normalize(self.last(rows), dim=1)


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    random = np.random.default_rng(0)
    tints = random.normal(size=(24, 3, 1, 1))
    return [tint + random.normal(size=(3, 16, 16)).astype(np.float32) for tint in tints.astype("f")]


def full(folder: Path, tower: nn.Module) -> Path:
    (folder / "full").mkdir()
    path = folder / "full" / "image.onnx"
    to_onnx(tower, str(path), [("pixels", torch.zeros(2, 3, 16, 16))], "embedding")
    return path


def operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(str(path)).graph.node}


def test_calibrated_activations_run_on_integers(tmp_path: Path, pixels: Pixels) -> None:
    source = full(tmp_path, Tower())
    kept = keep_image(
        source, tmp_path / "image.onnx", "int8", pixels, calibrated=True, worth=float("inf")
    )
    assert kept.method == "weights and activations in int8, calibrated on 12 images"
    assert "QLinearConv" in operators(tmp_path / "image.onnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "image.onnx"]


def test_activations_that_int8_spoils_stay_fp32(tmp_path: Path, pixels: Pixels) -> None:
    source = full(tmp_path, Tower(spread=1e4))
    kept = keep_image(
        source, tmp_path / "image.onnx", "int8", pixels, calibrated=True, worth=float("inf")
    )
    assert kept.method.endswith("computed in fp32")
    assert "Activations in int8 were tried and left: least cosine" in kept.notes[0]
    assert "QLinearConv" not in operators(tmp_path / "image.onnx")


def test_activations_that_are_no_faster_stay_fp32(tmp_path: Path, pixels: Pixels) -> None:
    source = full(tmp_path, Tower())
    kept = keep_image(source, tmp_path / "image.onnx", "int8", pixels, calibrated=True, worth=0.0)
    assert kept.method == "weights in int8, computed in fp32"
    assert "of the time of fp32" in kept.notes[0]


@pytest.mark.parametrize(
    ("count", "calibrated", "reason"), [(24, False, "no calibration"), (10, True, "too few")]
)
def test_without_enough_images_only_weights_are_int8(
    tmp_path: Path, pixels: Pixels, count: int, calibrated: bool, reason: str
) -> None:
    source = full(tmp_path, Tower())
    kept = keep_image(
        source, tmp_path / "image.onnx", "int8", pixels[:count], calibrated=calibrated
    )
    assert kept.method == "weights in int8, computed in fp32"
    assert reason in kept.notes[0]


class Fine(nn.Module):
    """A convolution whose answer hangs on its smallest weights."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 128, 4, bias=False)
        with torch.no_grad():
            self.convolution.weight *= 1e-3
            self.convolution.weight[:, 0, 0, 0] = 1.0
        self.mix = nn.Linear(128, 48, bias=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        without = torch.cat([pixels[:, :1] * 0, pixels[:, 1:]], 1)
        rows = self.convolution(without)[:, :, 0, 0]
        return nn.functional.normalize(self.mix(rows), dim=1)


def test_convolutions_that_int8_spoils_are_kept_in_fp16(tmp_path: Path, pixels: Pixels) -> None:
    source = full(tmp_path, Fine())
    kept = keep_image(source, tmp_path / "image.onnx", "int8", pixels, calibrated=False)
    assert kept.method == "matrices in int8 and convolutions in fp16, computed in fp32"
    assert "Convolutions in int8 were tried and left" in kept.notes[1]


def test_text_towers_keep_their_activations(tmp_path: Path) -> None:
    source = full(tmp_path, Tower())
    methods = {
        kind: keep_text(source, tmp_path / "t.onnx", kind).method for kind in ("fp16", "int8")
    }
    assert methods == {
        "fp16": "weights in fp16, computed in fp32",
        "int8": "weights in int8, computed in fp32",
    }


def test_the_least_cosine_is_of_the_worst_row() -> None:
    rows = np.array([[1, 0], [0, 2]], np.float32)
    assert least_row_cosine(rows, np.array([[3, 0], [1, 1]], np.float32)) == pytest.approx(0.5**0.5)
    assert INT8_LEAST < 1
