from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tokenizers import Tokenizer, normalizers

from core.errors import EncoderError
from encoders.sentence.loading import load_model
from encoders.sentence.preprocessing import preprocessing_of
from training.export.probes import TEXTS
from training.export.tokens import plain, text_tower

Spec = Callable[[str], str]


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2", "open_clip", "two towers"])
def test_a_manifest_reads_texts_as_the_model_does(small_spec: Spec, kind: str) -> None:
    model = load_model(small_spec(kind), device="cpu")
    tower = text_tower(model, preprocessing_of(model), TEXTS)
    assert tower.max_tokens == 16


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_a_tokenizer_that_reads_otherwise_is_refused_with_the_text(
    small_spec: Spec, kind: str
) -> None:
    model = load_model(small_spec(kind), device="cpu")
    other = Tokenizer.from_str(preprocessing_of(model).tokenizer.to_str())
    other.normalizer = normalizers.Replace("z", "y")
    preprocessing = replace(preprocessing_of(model), tokenizer=other)
    with pytest.raises(EncoderError, match="'zebra'"):
        text_tower(model, preprocessing, ["a", "zebra"])


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_side_on_which_texts_are_padded_is_the_models(small_spec: Spec, side: str) -> None:
    model = load_model(small_spec("siglip2"), device="cpu")
    model[0].tokenizer.padding_side = side
    assert text_tower(model, preprocessing_of(model), ["dog", "a cat"]).pad_side == side


def test_a_prompt_of_the_model_becomes_the_bundles(small_spec: Spec) -> None:
    model = load_model(small_spec("two towers"), device="cpu")
    model.prompts, model.default_prompt_name = {"search": "a photo of "}, "search"
    tower = text_tower(model, preprocessing_of(model), ["dog"])
    assert tower.prompt == "a photo of "


def test_a_plain_tokenizer_neither_cuts_nor_pads(small_spec: Spec) -> None:
    tokenizer = preprocessing_of(load_model(small_spec("clip"), device="cpu")).tokenizer
    tokenizer.enable_padding(length=16)
    assert len(plain(tokenizer).encode("x " * 40).ids) > 40
    assert len(plain(tokenizer).encode("x").ids) < 16
    assert len(tokenizer.encode("x").ids) == 16
