from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from transformers import SiglipModel

from encoders.sentence.loading import load_model
from encoders.sentence.model import TwoTowers
from encoders.sentence.preprocessing import preprocessing_of
from encoders.sentence.towers import embed_pixels, embed_texts, embed_tokens, tokenise
from tests.pictures import picture

Small = Callable[[str], TwoTowers]
KINDS = ["clip", "siglip", "siglip2", "open_clip", "two towers"]


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_the_first_weights_of_both_towers(
    small_spec: Callable[[str], str], kind: str
) -> None:
    model = load_model(small_spec(kind), device="cpu").train()
    size = preprocessing_of(model).size
    images = embed_pixels(model, torch.rand(3, 3, size, size))
    texts = embed_texts(model, ["a", "b c", "d"])
    loss = torch.nn.functional.cross_entropy(images @ texts.T, torch.arange(3))
    loss.backward()
    unmoved = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert all("logit" in name or "pooler" in name for name in unmoved), unmoved


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_of_unit_length(small_model: Small, kind: str) -> None:
    rows = embed_texts(small_model(kind), ["a", "longer than a"])
    torch.testing.assert_close(rows.norm(dim=1), torch.ones(2))


def test_texts_are_embedded_as_sentence_transformers_does(small_model: Small) -> None:
    model, texts = small_model("clip"), ["a red flag", "blue"]
    theirs = model.encode(texts, convert_to_tensor=True, normalize_embeddings=True)
    torch.testing.assert_close(embed_texts(model, texts).detach(), theirs)


def test_siglip_reads_its_padding_as_it_was_trained_to(
    small_spec: Callable[[str], str], small_model: Small
) -> None:
    model = small_model("siglip")
    plain = SiglipModel.from_pretrained(small_spec("siglip").removeprefix("st:")).eval()
    ids = model[0].tokenizer(["ab"], padding="max_length", max_length=16, return_tensors="pt")
    theirs = plain.get_text_features(input_ids=ids["input_ids"]).pooler_output
    theirs = torch.nn.functional.normalize(theirs, dim=-1)
    torch.testing.assert_close(embed_texts(model, ["ab"]), theirs)


def test_tokens_are_tensors_and_embed_like_their_texts(small_model: Small) -> None:
    model = small_model("two towers")
    tokens = tokenise(model, ["ab", "c"])
    assert all(isinstance(value, torch.Tensor) for value in tokens.values())
    torch.testing.assert_close(embed_tokens(model, tokens), embed_texts(model, ["ab", "c"]))


def test_a_default_prompt_stands_before_every_text(small_spec: Callable[[str], str]) -> None:
    model = load_model(small_spec("clip"), device="cpu").eval()
    plain = embed_texts(model, ["a of b"])
    model.prompts["search"] = "a of "
    model.default_prompt_name = "search"
    torch.testing.assert_close(embed_texts(model, ["b"]), plain)
    assert preprocessing_of(model).prompt == "a of "


def test_images_go_through_sentence_transformers_own_encode(small_model: Small) -> None:
    model = small_model("open_clip")
    pixels = torch.from_numpy(preprocessing_of(model).pixels(picture("red")))[None]
    theirs = model.encode([picture("red")], convert_to_tensor=True, normalize_embeddings=True)
    torch.testing.assert_close(embed_pixels(model, pixels).detach(), theirs)


def test_weights_of_16_bits_take_pixels_of_32(small_spec: Callable[[str], str]) -> None:
    model = load_model(small_spec("open_clip"), device="cpu").bfloat16().eval()
    assert embed_pixels(model, torch.rand(1, 3, 32, 32)).dtype == torch.bfloat16
