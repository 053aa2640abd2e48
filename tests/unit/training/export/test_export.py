"""Models of every family, end to end: exported, loaded as bundles, compared with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import EncoderError
from encoders.bundle import BundleEncoder
from encoders.images import decode_image
from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from tests.pictures import encoded, picture
from tests.unit.training.export.conftest import Exported
from training.export.export import Wishes, export_bundle, in_full
from training.export.precision import row_cosines

KINDS = ["clip", "siglip", "siglip2", "open_clip", "two towers"]
TEXTS = ["red", "A Blue flag!", "x " * 40, "\u00e9t\u00e9 \u7d05 \U0001f600"]
Spec = Callable[[str], str]


def images() -> list[bytes]:
    shapes = [("red", (50, 40), "JPEG"), ("blue", (90, 30), "PNG"), ("green", (33, 70), "WEBP")]
    return [encoded(picture(name, size), kind) for name, size, kind in shapes]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_answers_as_pytorch_from_bytes_on(
    exported: Exported, small_spec: Spec, kind: str
) -> None:
    bundle = BundleEncoder(exported(kind).directory)
    reference = SentenceEncoder(load_model(small_spec(kind), device="cpu"), kind)
    shown = [decode_image(data, at_least=2 * bundle.image_size) for data in images()]
    assert bundle.dim == reference.dim
    assert row_cosines(bundle.encode_texts(TEXTS), reference.encode_texts(TEXTS)).min() > 0.99999
    rows = row_cosines(bundle.encode_images(shown), reference.encode_images(shown))
    assert rows.min() > 0.99999


@pytest.mark.parametrize("kind", KINDS)
def test_rows_do_not_depend_on_their_batch(exported: Exported, kind: str) -> None:
    bundle = BundleEncoder(exported(kind).directory)
    alone = np.concatenate([bundle.encode_texts([text]) for text in TEXTS])
    np.testing.assert_allclose(bundle.encode_texts(TEXTS), alone, atol=1e-5)
    shown = [decode_image(data) for data in images()]
    alone = np.concatenate([bundle.encode_images([image]) for image in shown])
    np.testing.assert_allclose(bundle.encode_images(shown), alone, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "padded"),
    [("clip", None), ("open_clip", None), ("siglip", 16), ("siglip2", 16), ("two towers", None)],
)
def test_texts_are_padded_only_where_padding_is_read(
    exported: Exported, kind: str, padded: int | None
) -> None:
    """open_clip pads every text, too, but its towers look no further than a text's end."""
    assert BundleEncoder(exported(kind).directory).manifest.text.pad_to == padded


def test_an_export_leaves_the_model_as_it_was(small_spec: Spec, tmp_path: Path) -> None:
    model = load_model(small_spec("siglip2"), device="cpu").train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = SentenceEncoder(model, "x").encode_texts(["a"])
    export_bundle(model, tmp_path / "out", Wishes(name="x"))
    assert model.training
    assert before.keys() == model.state_dict().keys()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    np.testing.assert_array_equal(SentenceEncoder(model, "x").encode_texts(["a"]), rows)


def test_a_model_in_half_precision_is_exported_in_full(small_spec: Spec, tmp_path: Path) -> None:
    model = load_model(small_spec("clip"), device="cpu").bfloat16()
    report = export_bundle(model, tmp_path / "out", Wishes(name="x"))
    assert model.dtype == torch.bfloat16
    assert in_full(model).dtype == torch.float32
    assert report.drift["image"].least > 0.9999


def test_the_manifest_and_the_card_say_what_was_done(exported: Exported) -> None:
    report = exported("two towers")
    manifest = BundleEncoder(report.directory).manifest
    assert manifest.nested_dims == (8,)
    assert sorted(manifest.sha256) == ["image.onnx", "text.onnx", "tokenizer.json"]
    written = (report.directory / "README.md").read_text()
    for fact in (report.origin, "fp32", "unknown", "bicubic", "16 tokens"):
        assert fact in written


@pytest.mark.parametrize(("precision", "least"), [("fp16", 0.9999), ("int8", 0.99)])
def test_smaller_numbers_make_a_smaller_bundle_that_is_near(
    exported: Exported, small_spec: Spec, tmp_path: Path, precision: str, least: float
) -> None:
    wishes = Wishes(name="small", precision=precision)
    model = load_model(small_spec("two towers"), device="cpu")
    report = export_bundle(model, tmp_path / "out", wishes)
    share = report.sizes["image.onnx"] / exported("two towers").sizes["image.onnx"]
    assert share < {"fp16": 0.6, "int8": 0.45}[precision]
    assert report.drift["image"].least > least
    assert report.drift["text"].least > least
    assert sorted(path.name for path in report.directory.iterdir()) == sorted(
        ["README.md", "bundle.json", "image.onnx", "text.onnx", "tokenizer.json"]
    )


@pytest.mark.parametrize("nested", [(0,), (25,), (8, -1)])
def test_nested_dimensions_must_be_prefixes(
    small_spec: Spec, tmp_path: Path, nested: tuple[int, ...]
) -> None:
    model = load_model(small_spec("clip"), device="cpu")
    with pytest.raises(EncoderError, match="24 dimensions"):
        export_bundle(model, tmp_path / "out", Wishes(name="x", nested_dims=nested))
    assert not list(tmp_path.iterdir())


def test_a_tower_that_answers_differently_once_exported_is_refused(
    small_spec: Spec, tmp_path: Path
) -> None:
    """Nothing is left behind. A tracer keeps the path that it went; this tower takes another."""
    model = load_model(small_spec("clip"), device="cpu")

    class Fickle(torch.nn.Module):
        def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            rows = features["sentence_embedding"]
            flipped = torch.flip(rows, [1]) if torch.jit.is_tracing() else rows
            return features | {"sentence_embedding": flipped}

    model.append(Fickle())
    for force in (False, True):
        with pytest.raises(EncoderError, match="drift"):
            export_bundle(model, tmp_path / "out", replace(Wishes(name="x"), force=force))
    assert not list(tmp_path.iterdir())


def test_a_tower_that_can_not_be_traced_is_refused(small_spec: Spec, tmp_path: Path) -> None:
    model = load_model(small_spec("clip"), device="cpu")

    class Strange(torch.nn.Module):
        def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            rows = features["sentence_embedding"]
            spectrum = torch.linalg.eigh(rows.T @ rows).eigenvectors
            return features | {"sentence_embedding": rows @ spectrum}

    model.append(Strange())
    with pytest.raises(EncoderError, match="can't be exported to ONNX"):
        export_bundle(model, tmp_path / "out", Wishes(name="x"))
    assert not list(tmp_path.iterdir())
