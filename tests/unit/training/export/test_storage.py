from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from training.export.graph import least_cosine, session, to_onnx
from training.export.storage import HALVED, SMALL, SMALLEST, WHOLE, Storage, store

LEAST = 0.999


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 64, 3)
        self.matrix = nn.Linear(64, 64)
        self.table = nn.Parameter(torch.randn(1, 64, 64))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        rows = self.matrix(self.convolution(pixels).mean((2, 3))).unsqueeze(1) @ self.table
        return nn.functional.normalize(rows.squeeze(1), dim=1)


PIXELS = [("pixels", torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1)))]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "full.onnx"
    to_onnx(Small(), str(path), PIXELS, "embedding")
    return path


@pytest.mark.parametrize(
    ("storage", "share"), [(WHOLE, 1.1), (HALVED, 0.6), (SMALL, 0.4), (SMALLEST, 0.35)]
)
def test_stored_weights_are_small_and_answer_as_before(
    full: Path, tmp_path: Path, storage: Storage, share: float
) -> None:
    assert store(full, tmp_path / "small.onnx", storage) == ["small.onnx"]
    assert (tmp_path / "small.onnx").stat().st_size < full.stat().st_size * share
    assert least_cosine(tmp_path / "small.onnx", Small(), PIXELS) > LEAST


def test_weights_beyond_fp16_stay_as_they_are(tmp_path: Path) -> None:
    module = Small()
    with torch.no_grad():
        module.matrix.weight *= 1e7
    to_onnx(module, str(tmp_path / "full.onnx"), PIXELS, "embedding")
    store(tmp_path / "full.onnx", tmp_path / "half.onnx", HALVED)
    assert least_cosine(tmp_path / "half.onnx", module, PIXELS) > LEAST


def test_weights_over_the_limit_of_a_message_go_beside_it(full: Path, tmp_path: Path) -> None:
    """The limit is 2 GB; a low one takes the same way."""
    files = store(full, tmp_path / "big.onnx", WHOLE, limit=10_000)
    assert files == ["big.onnx", "big.onnx.data"]
    assert (tmp_path / "big.onnx").stat().st_size < 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == files
    assert least_cosine(tmp_path / "big.onnx", Small(), PIXELS) > LEAST


def test_each_channel_is_rounded_by_its_own_scale(full: Path, tmp_path: Path) -> None:
    """A channel of tiny weights beside one of huge ones keeps its digits."""
    module = Small()
    with torch.no_grad():
        module.matrix.weight[0] *= 1000
        module.matrix.bias.zero_()
    to_onnx(module, str(tmp_path / "full.onnx"), PIXELS, "embedding")
    store(tmp_path / "full.onnx", tmp_path / "small.onnx", SMALLEST)
    stored = onnx.load(str(tmp_path / "small.onnx"))
    scales = [onnx.numpy_helper.to_array(t) for t in stored.graph.initializer if "scale" in t.name]
    widest = max(scales, key=lambda scale: scale.max() / scale.min())
    assert widest.max() / widest.min() > 500


def test_the_batch_axis_is_free(full: Path) -> None:
    pixels = np.zeros((5, 3, 8, 8), np.float32)
    assert session(full).run(None, {"pixels": pixels})[0].shape == (5, 64)
