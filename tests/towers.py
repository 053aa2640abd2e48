"""A tiny real bundle: towers of a few kilobytes that know twelve colours, made by hand.

The image tower answers the shares of each colour in the image and how light its four quarters are;
the text tower maps colour words onto the same axes and all other words onto one faint direction. So
"red" finds red images, in milliseconds, with the code that serves real towers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from encoders.bundle import MANIFEST, file_sha256

SIZE = 32
COLOURS: dict[str, tuple[int, int, int]] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "grey": (128, 128, 128),
    "red": (220, 20, 20),
    "green": (20, 150, 40),
    "blue": (20, 40, 220),
    "yellow": (250, 230, 20),
    "orange": (250, 140, 20),
    "purple": (130, 30, 160),
    "pink": (250, 150, 190),
    "brown": (120, 70, 30),
    "cyan": (20, 220, 230),
}
DIM = len(COLOURS) + 4
_LIGHT = 0.2
"""Weight of the four quarters' lightness beside the colours."""
_SHARPNESS = 40.0


def write_bundle(
    directory: Path,
    *,
    version: str = "1",
    turned: bool = False,
    confused: Sequence[str] = (),
) -> Path:
    """Writes the bundle into `directory` and returns it; another `version`, another fingerprint.

    `turned` reverses the axes of the space: the same answers, of vectors that can't be mixed.
    `confused` are colours of which the text tower takes each for the next.
    """
    directory.mkdir(parents=True, exist_ok=True)
    onnx.save(_image_tower(turned), directory / "image.onnx")
    onnx.save(_text_tower(turned, confused), directory / "text.onnx")
    tokenizer = _tokenizer()
    tokenizer.add_special_tokens([f"[v{version}]"])
    tokenizer.save(str(directory / "tokenizer.json"))
    files = ("image.onnx", "text.onnx", "tokenizer.json")
    manifest = {
        "format": 1,
        "name": "tiny",
        "version": version,
        "dim": DIM,
        "image": {"size": SIZE, "resize": "pad", "mean": (0.0,) * 3, "std": (1.0,) * 3},
        "text": {"max_tokens": 16},
        "calibration": {
            "text": {"slope": 10.0, "intercept": -5.0},
            "image": {"slope": 10.0, "intercept": -8.0},
        },
        "licence": "CC0-1.0",
        "sha256": {name: file_sha256(directory / name) for name in files},
    }
    (directory / MANIFEST).write_text(json.dumps(manifest))
    return directory


def _palette() -> np.ndarray:
    return np.array(list(COLOURS.values()), dtype=np.float32) / 255


def _image_tower(turned: bool) -> onnx.ModelProto:
    palette = _palette()
    # -|pixel - colour|^2 less the term that softmax cancels, as a 1 x 1 convolution
    weight = (2 * _SHARPNESS * palette)[:, :, None, None]
    bias = -_SHARPNESS * (palette**2).sum(1)
    light = np.full((1, 3, 1, 1), _LIGHT / 3, dtype=np.float32)
    nodes = [
        helper.make_node(
            "AveragePool", ["pixels"], ["mosaic"], kernel_shape=[4, 4], strides=[4, 4]
        ),
        helper.make_node("Conv", ["mosaic", "weight", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["shares"], axis=1),
        helper.make_node("GlobalAveragePool", ["shares"], ["whole"]),
        helper.make_node("Flatten", ["whole"], ["flat"]),
        helper.make_node("Sqrt", ["flat"], ["colours"]),
        helper.make_node(
            "AveragePool", ["pixels"], ["quarters"], kernel_shape=[16, 16], strides=[16, 16]
        ),
        helper.make_node("Conv", ["quarters", "light"], ["lightness"]),
        helper.make_node("Flatten", ["lightness"], ["light_flat"]),
        helper.make_node("Concat", ["colours", "light_flat"], ["rows"], axis=1),
        *_last(turned),
    ]
    shape = ["n", 3, SIZE, SIZE]
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)]
    return _model(
        "image", nodes, inputs, {"weight": weight, "bias": bias, "light": light, **_order(turned)}
    )


def _text_tower(turned: bool, confused: Sequence[str] = ()) -> onnx.ModelProto:
    colours = len(COLOURS)
    table = np.full((colours + 2, DIM), 0.02, dtype=np.float32)  # [CLS], [UNK], then the colours
    table[2:, :colours] += np.eye(colours, dtype=np.float32)
    table[2:, colours:] = _LIGHT * _palette().mean(1, keepdims=True)
    rows = [2 + list(COLOURS).index(colour) for colour in confused]
    table[rows] = np.roll(table[rows], -1, axis=0)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["words"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["words", "wide"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "tokens"], ["rows"], keepdims=0),
        *_last(turned),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "tokens_"])
        for name in ("input_ids", "attention_mask")
    ]
    constants = {"table": table, "last": np.array([2]), "tokens": np.array([1]), **_order(turned)}
    return _model("text", nodes, inputs, constants)


def _last(turned: bool) -> list[onnx.NodeProto]:
    unit = helper.make_node("LpNormalization", ["rows"], ["unit"], axis=1, p=2)
    if not turned:
        unit.output[0] = "embedding"
        return [unit]
    return [unit, helper.make_node("Gather", ["unit", "order"], ["embedding"], axis=1)]


def _order(turned: bool) -> dict[str, np.ndarray]:
    return {"order": np.arange(DIM)[::-1].copy()} if turned else {}


def _model(
    name: str,
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    constants: dict[str, np.ndarray],
) -> onnx.ModelProto:
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", DIM])
    initial = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, [output], initial)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _tokenizer() -> Tokenizer:
    words = {"[CLS]": 0, "[UNK]": 1} | {word: place + 2 for place, word in enumerate(COLOURS)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", 0)]
    )
    return tokenizer
