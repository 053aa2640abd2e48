from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import nn

from training.compact.export import LEAST_COSINE, least_cosine
from training.compact.image_trunk import to_onnx
from training.compact.shrink import shrink


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 64, 3)
        self.matrix = nn.Linear(64, 64)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(self.matrix(self.convolution(pixels).mean((2, 3))), dim=1)


def test_shrunk_weights_are_small_and_answer_as_before(tmp_path: Path) -> None:
    inputs = [("pixels", torch.rand(4, 3, 8, 8))]
    to_onnx(Small(), str(tmp_path / "full.onnx"), inputs, "embedding")
    shrink(tmp_path / "full.onnx", tmp_path / "small.onnx")
    assert (tmp_path / "small.onnx").stat().st_size < (tmp_path / "full.onnx").stat().st_size * 0.6
    assert least_cosine(tmp_path / "small.onnx", Small(), inputs) > LEAST_COSINE


def test_the_batch_axis_is_free(tmp_path: Path) -> None:
    to_onnx(Small(), str(tmp_path / "full.onnx"), [("pixels", torch.rand(2, 3, 8, 8))], "embedding")
    session = ort.InferenceSession(str(tmp_path / "full.onnx"))
    assert session.run(None, {"pixels": np.zeros((5, 3, 8, 8), np.float32)})[0].shape == (5, 64)
