import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.pictures import picture
from training.pairs.augment import augment, crop_box
from training.pairs.augmentation import Augmentation

NOTHING = Augmentation(
    crop=(1, 1), ratio=(1, 1), flip=0, jitter=0, grey=0, blur=0, sigma=(1, 1), rotation=0
)


def changed(settings: Augmentation, seed: int = 0) -> np.ndarray:
    return np.asarray(augment(picture("orange"), settings, np.random.default_rng(seed), 32))


def test_the_same_seed_gives_the_same_pixels() -> None:
    settings = Augmentation(rotation=20)
    assert (changed(settings, 4) == changed(settings, 4)).all()
    assert (changed(settings, 4) != changed(settings, 5)).any()


def test_strengths_of_zero_change_nothing() -> None:
    assert (changed(NOTHING) == np.asarray(picture("orange"))).all()


@pytest.mark.parametrize(
    "change",
    [
        {"flip": 1},
        {"jitter": 1, "hue": 0.5},
        {"jitter": 1, "brightness": 0.9},
        {"grey": 1},
        {"blur": 1, "sigma": (5, 5)},
        {"rotation": 45},
        {"crop": (0.2, 0.3)},
    ],
)
def test_each_change_changes_pixels(change: dict[str, object]) -> None:
    found = changed(NOTHING.model_copy(update=change))
    original = np.asarray(picture("orange"))
    assert found.shape != original.shape or (found != original).any()


def test_a_grey_image_keeps_three_equal_channels() -> None:
    pixels = changed(NOTHING.model_copy(update={"grey": 1.0}))
    assert (pixels == pixels[:, :, :1]).all()


def test_a_crop_has_the_size_of_the_towers_input() -> None:
    assert changed(NOTHING.model_copy(update={"crop": (0.5, 0.5)})).shape == (32, 32, 3)


@settings(deadline=None)
@given(
    width=st.integers(1, 3000),
    height=st.integers(1, 3000),
    low=st.floats(0.05, 1),
    ratio=st.floats(1, 4),
    seed=st.integers(0, 50),
)
def test_crops_lie_within_the_image(
    width: int, height: int, low: float, ratio: float, seed: int
) -> None:
    settings = Augmentation(crop=(low, 1.0), ratio=(1 / ratio, ratio))
    left, top, right, bottom = crop_box((width, height), settings, np.random.default_rng(seed))
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert (right - left) * (bottom - top) >= low * width * height * 0.99


@pytest.mark.parametrize("crop", [(0.5, 0.2), (0, 1), (0.5, 1.5)])
def test_impossible_crops_are_refused(crop: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match="crop"):
        Augmentation(crop=crop)
