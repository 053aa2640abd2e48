"""From trained heads to a bundle; refuses when ONNX and torch disagree."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from core.errors import EncoderError
from encoders.bundle import MANIFEST, Calibration, ImageTower, Manifest, TextTower, file_sha256
from encoders.images import ResizeRule
from training.compact.heads import DIM, NESTED
from training.compact.image_trunk import MEAN, SIZE, STD
from training.compact.text_trunk import MAX_TOKENS, MODEL, tokenize
from training.export.graph import least_cosine, to_onnx
from training.export.storage import store

LEAST_COSINE = 0.999
"""Of the fp32 export to torch, over every probe; below it the export is refused."""


class ImageSide(nn.Module):
    """The whole image tower: pixels -> float32 (n, DIM) unit rows."""

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, pixels: Tensor) -> Tensor:
        rows: Tensor = self.head(self.trunk(pixels))
        return rows


class TextSide(nn.Module):
    """The whole text tower: ids and mask -> float32 (n, DIM) unit rows."""

    def __init__(self, trunk: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        rows: Tensor = self.head(self.trunk(input_ids, attention_mask))
        return rows


@dataclass(frozen=True)
class Towers:
    image: ImageSide
    text: TextSide
    tokenizer: Tokenizer


@dataclass(frozen=True)
class Facts:
    """What the manifest says beyond the weights."""

    version: str
    resize: ResizeRule
    calibration: Mapping[str, Calibration]


def export(
    towers: Towers, facts: Facts, pixels: NDArray[np.float32], texts: Sequence[str], out: Path
) -> dict[str, float]:
    """Writes the bundle's files, less the card, to `out`.

    Answers the least cosine to torch over the probes (`pixels`, `texts`), by tower and kind of
    weights. Raises EncoderError when the fp32 export drifts from torch.
    """
    out.mkdir(parents=True, exist_ok=True)
    ids, mask = tokenize(towers.tokenizer, texts)
    probes: dict[str, tuple[nn.Module, list[tuple[str, Tensor]]]] = {
        "image": (towers.image, [("pixels", torch.from_numpy(pixels))]),
        "text": (towers.text, [("input_ids", ids), ("attention_mask", mask)]),
    }
    cosines = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, (module, inputs) in probes.items():
            full = Path(scratch) / f"{name}.onnx"
            to_onnx(module, str(full), inputs, "embedding")
            cosines[f"{name} fp32"] = exact = least_cosine(full, module, inputs)
            if exact < LEAST_COSINE:
                raise EncoderError(
                    f"The {name} tower's ONNX export drifts from torch: cosine {exact:.4f}.",
                    hint="Nothing was written; another version of torch or onnx may export it.",
                )
            store(full, out / f"{name}.onnx")
            cosines[f"{name} stored"] = least_cosine(out / f"{name}.onnx", module, inputs)
    shutil.copyfile(MODEL / "tokenizer.json", out / "tokenizer.json")
    _without_padding(out / "tokenizer.json")
    (out / MANIFEST).write_text(_manifest(facts, out).model_dump_json(indent=2) + "\n")
    return cosines


def _without_padding(path: Path) -> None:
    tokenizer = json.loads(path.read_text())
    tokenizer |= {"padding": None, "truncation": None}
    path.write_text(json.dumps(tokenizer, ensure_ascii=False))


def _manifest(facts: Facts, out: Path) -> Manifest:
    files = ("image.onnx", "text.onnx", "tokenizer.json")
    return Manifest(
        format=1,
        name="compact",
        version=facts.version,
        dim=DIM,
        nested_dims=tuple(dim for dim in NESTED if dim < DIM),
        image=ImageTower(size=SIZE, resize=facts.resize, mean=MEAN, std=STD),
        text=TextTower(max_tokens=MAX_TOKENS),
        calibration=dict(facts.calibration),
        licence="Apache-2.0 (weights trained partly on data whose terms the model card names)",
        sha256={name: file_sha256(out / name) for name in files},
    )
