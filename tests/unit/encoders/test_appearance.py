"""The vector of what an image looks like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from encoders.appearance import DIM, appearance
from encoders.look import look_at, oklab


def seen(image: Image.Image) -> NDArray[np.float32]:
    return appearance(look_at(image))


def thing(colour: str, size: int = 120, *, stripes: int = 0) -> Image.Image:
    """A square of a colour before white, with black stripes if wanted."""
    image = Image.new("RGB", (size, size), "white")
    image.paste(colour, (size // 4, size // 4, size * 3 // 4, size * 3 // 4))
    for at in range(stripes):
        left = size // 4 + (2 * at + 1) * size // (4 * stripes)
        image.paste("black", (left, size // 4, left + size // (8 * stripes), size * 3 // 4))
    return image


@given(st.integers(0, 2**32 - 1), st.integers(1, 80), st.integers(1, 80))
def test_every_image_has_one_of_unit_length(seed: int, width: int, height: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    vector = seen(Image.fromarray(pixels))
    assert vector.shape == (DIM,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("colour", ["black", "white", "#ff0000", "#0000ff", "#00ff00"])
def test_extreme_colours_have_one_too(colour: str) -> None:
    assert np.isfinite(seen(Image.new("RGB", (64, 64), colour))).all()


def test_the_same_colour_is_nearer_than_a_neighbour_and_that_nearer_than_another() -> None:
    red = seen(thing("#c02020"))
    same, near, far = (seen(thing(each)) for each in ("#c42424", "#c06020", "#2040c0"))
    assert red @ same > red @ near > red @ far


def test_texture_tells_two_things_of_one_colour_apart() -> None:
    plain, other = seen(thing("#20a040")), seen(thing("#20a040", 200))
    striped = seen(thing("#20a040", stripes=4))
    assert plain @ other > plain @ striped


def test_white_is_at_the_top_of_the_scale_and_grey_has_no_hue() -> None:
    lab = oklab(np.array([[0, 0, 0], [128, 128, 128], [255, 255, 255]], dtype=np.uint8))
    assert lab[:, 0] == pytest.approx([0.0, 0.5999, 1.0], abs=1e-3)
    assert np.abs(lab[:, 1:]).max() < 1e-3


def test_pinned_colours_are_where_the_reference_has_them() -> None:
    red = oklab(np.array([255, 0, 0], dtype=np.uint8))
    assert red == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-3)
