from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from encoders.sentence.encoder import SentenceEncoder
from encoders.sentence.loading import load_model
from tests.pictures import picture
from tests.small_models import DIM, SIZE


@pytest.fixture(scope="module")
def encoder(clip_folder: Path) -> SentenceEncoder:
    return SentenceEncoder(load_model(f"st:{clip_folder}"), "clip")


def test_it_knows_its_dimensions_by_measuring(encoder: SentenceEncoder) -> None:
    assert (encoder.dim, encoder.image_size) == (DIM, SIZE)


def test_images_come_out_as_unit_rows(encoder: SentenceEncoder) -> None:
    rows = encoder.encode_images([picture("red"), picture("blue")])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
