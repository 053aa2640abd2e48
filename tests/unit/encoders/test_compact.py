"""The bundle that ships: pinned vectors and the promises of the Encoder protocol."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import encoders
from encoders.bundle import BundleEncoder

DIRECTORY = Path(encoders.__file__).parent / "compact"
PINNED = Path(__file__).parent / "compact_pinned.json"
TEXTS = [
    "apple",
    "red flag",
    "running shoes",
    "a dog",
    "a green apple on a white plate, oil on canvas",
]


@pytest.fixture(scope="module")
def compact() -> BundleEncoder:
    return BundleEncoder(DIRECTORY)


def disc(colour: str) -> Image.Image:
    image = Image.new("RGB", (120, 160), "white")
    ImageDraw.Draw(image).ellipse((20, 40, 100, 120), fill=colour)
    return image


def test_vectors_are_the_pinned_ones(compact: BundleEncoder) -> None:
    pinned = json.loads(PINNED.read_text())
    texts = compact.encode_texts(list(pinned["texts"]))
    images = compact.encode_images([disc(colour) for colour in pinned["discs"]])
    np.testing.assert_allclose(texts[:, :8], list(pinned["texts"].values()), atol=2e-3)
    np.testing.assert_allclose(images[:, :8], list(pinned["discs"].values()), atol=2e-3)


def test_rows_have_unit_length_and_the_promised_width(compact: BundleEncoder) -> None:
    rows = np.concatenate([compact.encode_texts(TEXTS), compact.encode_images([disc("red")])])
    assert rows.shape == (len(TEXTS) + 1, 256)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_text_alone_is_the_text_in_a_batch(compact: BundleEncoder) -> None:
    alone = np.concatenate([compact.encode_texts([text]) for text in TEXTS])
    np.testing.assert_allclose(compact.encode_texts(TEXTS), alone, atol=1e-4)


def test_an_image_alone_is_the_image_in_a_batch(compact: BundleEncoder) -> None:
    discs = [disc(colour) for colour in ("red", "green", "blue")]
    alone = np.concatenate([compact.encode_images([image]) for image in discs])
    np.testing.assert_allclose(compact.encode_images(discs), alone, atol=1e-4)


@pytest.mark.parametrize("dim", [64, 128, 256])
def test_colours_are_told_apart_in_every_nested_cut(compact: BundleEncoder, dim: int) -> None:
    colours = ["red", "green", "blue", "yellow", "black"]
    images = compact.encode_images([disc(colour) for colour in colours])[:, :dim]
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    texts = compact.encode_texts([f"{colour} circle" for colour in colours])[:, :dim]
    assert (texts @ images.T).argmax(1).tolist() == list(range(len(colours)))


def test_relevance_rises_with_the_cosine(compact: BundleEncoder) -> None:
    for kind in ("text", "image"):
        chances = [compact.relevance(cosine, kind) for cosine in (-0.2, 0.2, 0.6, 1.0)]
        assert all(chance is not None and 0 <= chance <= 1 for chance in chances)
        assert chances == sorted(chances, key=lambda chance: chance or 0.0)


def test_the_bundle_is_small_and_whole(compact: BundleEncoder) -> None:
    assert sum(path.stat().st_size for path in DIRECTORY.iterdir()) <= 45_000_000
    assert compact.manifest.nested_dims == (64, 128)
    assert (DIRECTORY / "README.md").is_file()
