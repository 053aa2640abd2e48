import numpy as np
import pytest

from encoders.images import decode_image
from training.compact.colours import colour_words
from training.compact.shapes import SHAPES, shapes


@pytest.mark.parametrize("colour", ["red", "yellow", "green", "blue", "black"])
def test_the_colour_of_a_drawn_shape_is_read_off_it_again(colour: str) -> None:
    drawn = [sample for sample in shapes(2).samples if sample.kind == f"{colour} square"]
    assert drawn
    for sample in drawn:
        assert colour in colour_words(decode_image(sample.load()))


def test_every_shape_is_drawn_in_every_colour_and_differs_from_the_others() -> None:
    samples = shapes(1).samples
    assert len({sample.kind for sample in samples}) == len(samples) == 12 * len(SHAPES)
    pixels = {np.asarray(decode_image(sample.load())).tobytes() for sample in samples}
    assert len(pixels) == len(samples)


def test_a_drawing_is_the_same_each_time() -> None:
    assert shapes(1).samples[5].load() == shapes(1).samples[5].load()
