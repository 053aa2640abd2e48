"""The towers that other tests stand on mean something."""

from __future__ import annotations

import numpy as np
import pytest

from encoders.bundle import BundleEncoder
from tests.pictures import picture
from tests.towers import COLOURS


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_word_is_nearest_to_the_image_of_that_colour(
    tiny_encoder: BundleEncoder, colour: str
) -> None:
    images = tiny_encoder.encode_images([picture(name) for name in COLOURS])
    text = tiny_encoder.encode_texts([f"a {colour} thing"])
    assert list(COLOURS)[int(np.argmax(images @ text[0]))] == colour


def test_a_row_does_not_depend_on_its_batch_mates(tiny_encoder: BundleEncoder) -> None:
    texts = ["red", "blue and a green", "", "no colour at all"]
    together = tiny_encoder.encode_texts(texts)
    alone = np.concatenate([tiny_encoder.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
