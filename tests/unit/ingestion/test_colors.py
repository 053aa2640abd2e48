"""Names of colours, as people would give them."""

from __future__ import annotations

import pytest
from PIL import Image

from encoders.look import look_at
from ingestion.colors import PROTOTYPES, colour_names


def names(image: Image.Image) -> tuple[str, ...]:
    return colour_names(look_at(image))


@pytest.mark.parametrize("name", PROTOTYPES)
def test_a_plain_image_has_the_name_of_its_colour(name: str) -> None:
    assert all(names(Image.new("RGB", (90, 60), code)) == (name,) for code in PROTOTYPES[name])


def test_the_largest_colour_is_named_first() -> None:
    image = Image.new("RGB", (100, 100), "#0000ff")
    image.paste("#ff0000", (0, 0, 30, 100))
    assert names(image) == ("blue", "red")


def test_a_plain_background_is_not_named() -> None:
    photo = Image.new("RGB", (100, 100), "white")
    photo.paste("#008000", (30, 30, 70, 70))
    assert names(photo) == ("green",)


def test_what_is_nothing_but_background_is_named_all_the_same() -> None:
    photo = Image.new("RGB", (100, 100), "white")
    photo.paste("black", (50, 50, 52, 52))
    assert names(photo) == ("white",)


def test_specks_are_not_named() -> None:
    image = Image.new("RGB", (100, 100), "#ffe000")
    image.paste("#800080", (0, 0, 10, 100))
    assert names(image) == ("yellow",)
