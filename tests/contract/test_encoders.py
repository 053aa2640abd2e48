"""What every encoder promises, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encoders.bundle import Threads
from encoders.encoder import Encoder, PixelEncoder
from encoders.specs import COMPACT, list_encoders, load_encoder
from tests.pictures import picture

KINDS = [
    COMPACT,
    "tiny bundle",
    "clip",
    "saved clip",
    "siglip",
    "siglip2",
    "open_clip",
    "two towers",
]
TEXTS = ["a red flag", "x", "", "Über naïve 日本 😀", "b blue", "a red flag"]
PICTURES = [picture("red"), picture("blue", (90, 30)), picture("white", (1, 70)), picture("red")]
NEAR = 1e-5
"""Two runs of one row, alone and in a batch, may differ by what rounding costs."""


@pytest.fixture(scope="module", params=KINDS)
def spec(request: pytest.FixtureRequest) -> str:
    if request.param == COMPACT:
        if not list_encoders():
            pytest.skip("this checkout ships no compact bundle")
        return COMPACT
    if request.param == "tiny bundle":
        return f"bundle:{request.getfixturevalue('tiny_bundle')}"
    small_spec: Callable[[str], str] = request.getfixturevalue("small_spec")
    return small_spec(request.param)


@pytest.fixture(scope="module")
def encoder(spec: str) -> Encoder:
    return load_encoder(spec, threads=Threads(image=1, text=1))


def test_rows_are_unit_length_float32_of_the_promised_width(encoder: Encoder) -> None:
    for rows, count in (
        (encoder.encode_texts(TEXTS), len(TEXTS)),
        (encoder.encode_images(PICTURES), len(PICTURES)),
    ):
        assert rows.shape == (count, encoder.dim)
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=NEAR)


def test_a_text_alone_is_the_text_in_a_batch(encoder: Encoder) -> None:
    alone = [encoder.encode_texts([text])[0] for text in TEXTS]
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), alone, atol=NEAR)


def test_an_image_alone_is_the_image_in_a_batch(encoder: Encoder) -> None:
    alone = [encoder.encode_images([image])[0] for image in PICTURES]
    np.testing.assert_allclose(encoder.encode_images(PICTURES), alone, atol=NEAR)


def test_more_rows_than_one_run_takes_stay_in_order(encoder: Encoder) -> None:
    texts = [f"{word} {'x' * (place % 3)}" for place, word in enumerate("abcdefghijklmnopqrst")]
    rows = encoder.encode_texts(texts)
    np.testing.assert_allclose(encoder.encode_texts(texts[::-1])[::-1], rows, atol=NEAR)


def test_nothing_in_gives_no_rows(encoder: Encoder) -> None:
    assert encoder.encode_texts([]).shape == (0, encoder.dim)
    assert encoder.encode_images([]).shape == (0, encoder.dim)


def test_different_inputs_give_different_rows(encoder: Encoder) -> None:
    texts = encoder.encode_texts(["red", "blue and green"])
    images = encoder.encode_images([picture("red"), picture("blue")])
    assert np.abs(texts[0] - texts[1]).max() > NEAR
    assert np.abs(images[0] - images[1]).max() > NEAR


def test_what_is_over_the_token_limit_is_cut(encoder: Encoder) -> None:
    start = "red blue " * 100
    rows = encoder.encode_texts([start + "green", start + "yellow and more"])
    np.testing.assert_allclose(rows[0], rows[1], atol=NEAR)


def test_preprocessing_apart_from_the_tower_changes_nothing(encoder: Encoder) -> None:
    assert isinstance(encoder, PixelEncoder)
    pixels = [encoder.pixels(image) for image in PICTURES]
    assert {array.shape for array in pixels} == {(3, encoder.image_size, encoder.image_size)}
    assert {array.dtype for array in pixels} == {np.dtype(np.float32)}
    rows = encoder.encode_pixels(pixels)
    np.testing.assert_allclose(rows, encoder.encode_images(PICTURES), atol=NEAR)


def test_threads_do_not_disturb_each_other(encoder: Encoder) -> None:
    texts, images = encoder.encode_texts(TEXTS), encoder.encode_images(PICTURES)
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda _: encoder.encode_texts(TEXTS), range(8)))
        more = list(pool.map(lambda _: encoder.encode_images(PICTURES), range(8)))
    assert max(np.abs(found - texts).max() for found in rows) < NEAR
    assert max(np.abs(found - images).max() for found in more) < NEAR


def test_relevance_is_a_probability_or_unknown(encoder: Encoder) -> None:
    for query in ("text", "image"):
        low, high = encoder.relevance(-0.5, query), encoder.relevance(0.9, query)
        assert (low is None and high is None) or 0 <= float(low or 0) <= float(high or 0) <= 1
    assert encoder.relevance(0.5, "smell") is None


def test_the_fingerprint_is_short_and_the_same_when_loaded_again(
    encoder: Encoder, spec: str
) -> None:
    assert len(encoder.fingerprint) == 16
    assert int(encoder.fingerprint, 16) >= 0
    assert load_encoder(spec).fingerprint == encoder.fingerprint


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_any_text_has_a_finite_row(encoder: Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode_texts([text])).all()
