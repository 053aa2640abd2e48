"""Text preprocessing that a manifest may ask for, and the fingerprint that must not move."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer, models, pre_tokenizers

import encoders
from encoders.bundle import MANIFEST, BundleEncoder, file_sha256
from tests.towers import write_bundle

COMPACT = Path(encoders.__file__).parent / "compact"
WIDTH = 5


def test_fields_that_came_later_leave_old_fingerprints_be() -> None:
    manifest = json.loads((COMPACT / MANIFEST).read_text())
    first = {
        "image": ("file", "size", "resize", "mean", "std"),
        "text": ("file", "tokenizer", "max_tokens"),
    }
    facts = {key: manifest[key] for key in ("dim", "sha256")}
    for tower, names in first.items():
        facts[tower] = {name: manifest[tower][name] for name in names}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    assert BundleEncoder(COMPACT).fingerprint == digest[:16]


def test_another_cleaning_is_another_fingerprint(tmp_path: Path) -> None:
    plain, lowered = write_bundle(tmp_path / "a"), write_bundle(tmp_path / "b")
    _rewrite(lowered, clean=["lower"])
    assert BundleEncoder(plain).fingerprint != BundleEncoder(lowered).fingerprint


def test_texts_are_cleaned_before_the_tokenizer(tmp_path: Path) -> None:
    encoder = BundleEncoder(_rewrite(write_bundle(tmp_path / "b"), clean=["underscores", "spaces"]))
    np.testing.assert_array_equal(encoder.encode_texts(["red_"]), encoder.encode_texts(["red"]))


def test_a_prompt_stands_before_every_text(tmp_path: Path) -> None:
    plain, prompted = write_bundle(tmp_path / "a"), write_bundle(tmp_path / "b")
    rows = BundleEncoder(_rewrite(prompted, prompt="red ")).encode_texts(["blue"])
    np.testing.assert_array_equal(rows, BundleEncoder(plain).encode_texts(["red blue"]))


@pytest.mark.parametrize(
    ("side", "text", "ids"),
    [("right", "b c", [1, 2, 7, 7, 7]), ("left", "b c", [7, 7, 7, 1, 2])],
)
def test_a_tower_of_fixed_length_gets_padded_ids_and_no_mask(
    tmp_path: Path, side: str, text: str, ids: list[int]
) -> None:
    bundle = write_bundle(tmp_path / "b")
    _echo(bundle)
    _rewrite(bundle, dim=WIDTH, max_tokens=WIDTH, pad_to=WIDTH, pad_id=7, pad_side=side)
    rows = BundleEncoder(bundle).encode_texts([text, "b c d a b c d"])
    expected = np.array([ids, [1, 2, 3, 0, 1]], dtype=np.float32)
    np.testing.assert_allclose(rows, expected / np.linalg.norm(expected, axis=1, keepdims=True))


def _rewrite(bundle: Path, *, dim: int | None = None, **text: Any) -> Path:
    path = bundle / MANIFEST
    manifest = json.loads(path.read_text())
    manifest["text"] |= text
    manifest["dim"] = dim or manifest["dim"]
    manifest["sha256"] = {name: file_sha256(bundle / name) for name in manifest["sha256"]}
    path.write_text(json.dumps(manifest))
    return bundle


def _echo(bundle: Path) -> None:
    """A text tower that answers the ids themselves, and takes no mask."""
    words = {word: place for place, word in enumerate("abcd")}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(bundle / "tokenizer.json"))
    graph = helper.make_graph(
        [helper.make_node("Cast", ["input_ids"], ["embedding"], to=TensorProto.FLOAT)],
        "echo",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", WIDTH])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", WIDTH])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(bundle / "text.onnx"))
