"""What holds for every corruption."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from core.errors import InvalidRequest
from eval.robustness.clutter import dead_leaves
from eval.robustness.corruption import CORRUPTIONS, SEVERITIES, Corruption, chosen_corruptions
from eval.robustness.scale import reference_pixel

ALL = pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)


def scene(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """A smooth background with a few shapes on it."""
    random = np.random.default_rng(seed)
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y = random.integers(0, size[0]), random.integers(0, size[1])
        colour = tuple(random.integers(0, 256, 3).tolist())
        draw.rectangle((x, y, x + 30, y + 20), fill=colour)
    return image


def distance(one: Image.Image, other: Image.Image) -> float:
    """Root mean square difference of the levels, 0-255."""
    difference = np.asarray(one, dtype=float) - np.asarray(other, dtype=float)
    return float(np.sqrt((difference**2).mean()))


@settings(max_examples=20, deadline=None)
@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    severity=st.sampled_from(SEVERITIES),
    name=st.sampled_from(sorted(CORRUPTIONS)),
    key=st.text(),
)
def test_a_picture_of_any_size_keeps_its_size_and_stays_rgb(
    width: int, height: int, severity: int, name: str, key: str
) -> None:
    picture = Image.new("RGB", (width, height), (200, 120, 40))
    corrupted = CORRUPTIONS[name](picture, severity, key=key)
    assert (corrupted.size, corrupted.mode) == ((width, height), "RGB")


@ALL
def test_the_same_key_and_seed_give_the_same_picture(corruption: Corruption) -> None:
    once, again = (corruption(scene(1), 3, key="q1", seed=5) for _ in range(2))
    assert distance(once, again) == 0


@pytest.mark.parametrize("name", ["crop", "noise", "low-light", "background"])
def test_another_key_or_seed_draws_anew(name: str) -> None:
    corruption = CORRUPTIONS[name]
    first = corruption(scene(1), 3, key="q1", seed=5)
    assert distance(first, corruption(scene(1), 3, key="q2", seed=5)) > 0
    assert distance(first, corruption(scene(1), 3, key="q1", seed=6)) > 0


@ALL
def test_the_picture_that_is_given_is_left_alone(corruption: Corruption) -> None:
    given_picture = scene(2)
    corruption(given_picture, 5, key="q")
    assert distance(given_picture, scene(2)) == 0


@ALL
def test_each_severity_is_farther_from_the_picture_on_average(corruption: Corruption) -> None:
    scenes = [(seed, scene(seed)) for seed in range(12)]
    means = [
        np.mean([distance(clean, corruption(clean, level, key=str(n))) for n, clean in scenes])
        for level in SEVERITIES
    ]
    assert means[0] > 0.5
    assert all(earlier < later for earlier, later in pairwise(means))


@pytest.mark.parametrize("severity", [0, 6, -1])
@ALL
def test_there_is_no_severity_outside_one_to_five(corruption: Corruption, severity: int) -> None:
    with pytest.raises(InvalidRequest, match=f"no severity {severity}"):
        corruption(scene(0), severity, key="q")


def test_an_unknown_corruption_is_named_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match=r"no corruption 'fog'\. There are: crop, rotation"):
        chosen_corruptions(["blur", "fog"])


def test_a_blur_is_as_strong_in_a_large_picture_as_in_a_small_one() -> None:
    small, large = scene(3), scene(3).resize((480, 360), Image.Resampling.NEAREST)
    blur = CORRUPTIONS["blur"]
    reduced = blur(large, 3, key="q").resize(small.size, Image.Resampling.BOX)
    assert distance(reduced, blur(small, 3, key="q")) < 0.2 * distance(
        small, blur(small, 3, key="q")
    )


def test_noise_survives_the_reduction_of_a_large_picture() -> None:
    large = Image.new("RGB", (896, 896), (128, 128, 128))
    noisy = CORRUPTIONS["noise"](large, 1, key="q")
    reduced = np.asarray(noisy.resize((224, 224), Image.Resampling.BOX), dtype=float) / 255
    assert reduced.std() == pytest.approx(0.08, rel=0.05)


def test_low_light_makes_dark_and_a_colour_cast_keeps_the_luminance_of_grey() -> None:
    grey = Image.new("RGB", (64, 64), (100, 100, 100))
    assert np.asarray(CORRUPTIONS["low-light"](grey, 3, key="q")).mean() < 60
    cast = np.asarray(CORRUPTIONS["colour-cast"](grey, 3, key="q"), dtype=float) / 255
    luminance = (cast**2.2).mean(axis=(0, 1)) @ [0.2126, 0.7152, 0.0722]
    assert luminance == pytest.approx((100 / 255) ** 2.2, rel=0.03)


def test_the_picture_lies_whole_on_a_busy_background() -> None:
    black = Image.new("RGB", (224, 224))
    share = (np.asarray(CORRUPTIONS["background"](black, 3, key="q")).max(axis=2) == 0).mean()
    assert share == pytest.approx(0.35, abs=0.02)


def test_clutter_has_edges_and_many_colours() -> None:
    clutter = dead_leaves((224, 224), np.random.default_rng(0))
    assert len(clutter.getcolors(maxcolors=224 * 224) or []) > 100


def test_a_reference_pixel_is_a_part_of_the_shorter_side() -> None:
    assert reference_pixel(Image.new("RGB", (896, 448))) == 2
