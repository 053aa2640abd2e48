"""Binocle's own preprocessing gives the towers what their own would give."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from transformers import (
    CLIPImageProcessor,
    ConvNextImageProcessor,
    Idefics3ImageProcessor,
    SiglipImageProcessor,
    ViTImageProcessor,
)

from core.errors import EncoderError
from encoders.cleaning import clean
from encoders.images import to_pixels
from encoders.sentence.image_settings import image_settings
from encoders.sentence.model import TwoTowers
from encoders.sentence.patches import to_patches
from encoders.sentence.preprocessing import preprocessing_of

Small = Callable[[str], TwoTowers]


class Reader:
    """A module that reads images through `processor`."""

    def __init__(self, processor: object) -> None:
        self.processor = processor


def scene(width: int, height: int) -> Image.Image:
    """A smooth picture with edges in it: noise would only measure the noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin(x / 9), np.cos(y / 7), ((x // 12 + y // 10) % 2) * 2.0 - 1]
    return Image.fromarray((127.5 * (np.stack(planes, -1) + 1)).astype(np.uint8))


SCENES = [scene(120, 80), scene(81, 120), scene(100, 100), scene(64, 200)]


def levels(theirs: np.ndarray, ours: np.ndarray, std: tuple[float, ...]) -> float:
    """Mean difference of two arrays of normalised pixels, in steps of 255."""
    return float((np.abs(theirs - ours) * np.array(std)[:, None, None]).mean() * 255)


@pytest.mark.parametrize(("mode", "rule"), [("shortest", "crop"), ("squash", "squash")])
def test_pixels_are_those_of_open_clip(mode: str, rule: str) -> None:
    config = PreprocessCfg(size=32, resize_mode=mode)
    transform = image_transform_v2(config, is_train=False)
    for image in SCENES:
        ours = to_pixels(image, 32, rule, config.mean, config.std)  # type: ignore[arg-type]
        assert levels(transform(image).numpy(), ours, config.std) < 0.5


def test_pixels_are_those_of_a_squashing_processor_of_transformers() -> None:
    processor = SiglipImageProcessor(size={"height": 32, "width": 32})
    found = image_settings(Reader(processor))
    for image in SCENES:
        theirs = processor(image, return_tensors="np")["pixel_values"][0]
        ours = to_pixels(image, found.size, found.resize, found.mean, found.std)
        assert levels(theirs, ours, found.std) < 0.5


def test_pixels_are_those_of_a_cropping_processor_but_for_one_it_may_round_away() -> None:
    processor = CLIPImageProcessor(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    )
    found = image_settings(Reader(processor))
    for image in SCENES:
        theirs = processor(image, return_tensors="np")["pixel_values"][0]
        ours = to_pixels(image, found.size, found.resize, found.mean, found.std)
        moved = [np.roll(ours, shift, axis) for axis in (1, 2) for shift in (0, 1)]
        inner = np.s_[:, 1:-1, 1:-1]
        assert min(levels(theirs[inner], other[inner], found.std) for other in moved) < 0.5


def test_clip_crops_and_masks_its_padding(small_model: Small) -> None:
    found = preprocessing_of(small_model("clip"))
    assert (found.size, found.resize, found.interpolation) == (32, "crop", "bicubic")
    assert (found.max_tokens, found.pad_to, found.prompt) == (16, None, "")
    assert found.mean == pytest.approx((0.48145466, 0.4578275, 0.40821073))


@pytest.mark.parametrize("kind", ["siglip", "siglip2", "open_clip"])
def test_models_of_fixed_length_pad_to_their_limit(small_model: Small, kind: str) -> None:
    found = preprocessing_of(small_model(kind))
    assert found.pad_to == found.max_tokens == 16


def test_the_tokenizer_cuts_and_never_pads(small_model: Small) -> None:
    tokenizer = preprocessing_of(small_model("siglip")).tokenizer
    assert len(tokenizer.encode("ab").ids) == 3
    assert len(tokenizer.encode("ab " * 50).ids) == 16


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2", "open_clip", "two towers"])
def test_the_tokenizer_gives_what_the_model_reads(small_model: Small, kind: str) -> None:
    model = small_model(kind)
    found = preprocessing_of(model)
    for text in ("A red flag's 3 poles", "", "z" * 60):
        theirs = model.preprocess([text])["input_ids"][0].tolist()
        ours = found.tokenizer.encode(clean(found.prompt + text, found.clean)).ids
        ours += [found.pad_id] * ((found.pad_to or 0) - len(ours))
        assert ours == theirs


def test_patches_are_those_of_siglip_2s_own_processor(small_model: Small) -> None:
    processor = small_model("siglip2")[0].processor.image_processor
    image = scene(32, 32)
    theirs = processor(image, return_tensors="pt")["pixel_values"]
    found = preprocessing_of(small_model("siglip2"))
    ours = to_patches(torch.from_numpy(found.pixels(image))[None], 8)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_a_processor_that_resizes_to_a_square_squashes() -> None:
    found = image_settings(Reader(ViTImageProcessor(size={"height": 48, "width": 48}, resample=2)))
    assert (found.size, found.resize, found.interpolation) == (48, "squash", "bilinear")


@pytest.mark.parametrize(
    ("processor", "words"),
    [
        (ViTImageProcessor(size={"height": 48, "width": 32}), "not square"),
        (ViTImageProcessor(resample=0), "method 0"),
        (ViTImageProcessor(do_rescale=False), "0-255"),
        (Idefics3ImageProcessor(), "different shapes"),
    ],
)
def test_a_processor_unlike_ours_is_refused_by_what_it_does(processor: object, words: str) -> None:
    with pytest.raises(EncoderError, match=words):
        image_settings(Reader(processor))


def test_a_processor_that_keeps_proportions_and_crops_no_more_is_a_crop() -> None:
    found = image_settings(Reader(ConvNextImageProcessor(size={"shortest_edge": 384})))
    assert (found.size, found.resize) == (384, "crop")
