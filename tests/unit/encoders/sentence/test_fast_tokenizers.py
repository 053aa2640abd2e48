"""The tokens are those of open_clip's own tokenizers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer

from core.errors import EncoderError
from encoders.sentence.fast_tokenizers import fast_tokenizer
from tests.small_models import bert

ORIGINAL = SimpleTokenizer(context_length=77)
FAST, PAD = fast_tokenizer(ORIGINAL, 77)
LETTERS = st.characters(max_codepoint=126, exclude_categories=["Cc"], include_characters="éüñßøÅ")


def padded(text: str) -> list[int]:
    ids = FAST.encode(text).ids
    return [*ids, *[PAD] * (77 - len(ids))]


@pytest.mark.parametrize(
    "text",
    [
        "a photo of 3 dogs",
        "Don\u2019t \u201cstop\u201d!!",
        "Café Müller's 10% off \u2014 NEW",
        "日本語のテキスト",
        "shirts &amp; ties\t\n next",
        "\ufb01ne nai\u0308ve",
        "emoji \U0001f600 here",
        "",
        "word " * 100,
    ],
)
def test_clips_tokens_are_open_clips(text: str) -> None:
    assert padded(text) == ORIGINAL([text])[0].tolist()


@settings(max_examples=100, deadline=None)
@given(st.text(LETTERS, max_size=40).filter(lambda text: "&" not in text))
def test_clips_tokens_are_open_clips_for_any_plain_text(text: str) -> None:
    assert padded(text) == ORIGINAL([text])[0].tolist()


@pytest.mark.parametrize("clean", ["whitespace", "lower", "canonicalize"])
def test_a_tokenizer_of_transformers_keeps_its_cleaning(tmp_path: Path, clean: str) -> None:
    original = HFTokenizer(str(bert(tmp_path / "bert")), 16, clean=clean)
    fast, pad = fast_tokenizer(original, 16)
    for text in ("A  red_flag, (new)!", "it's"):
        ids = fast.encode(text).ids
        assert [*ids, *[pad] * (16 - len(ids))] == original([text])[0].tolist()


def test_a_tokenizer_that_drops_tokens_at_random_is_refused() -> None:
    with pytest.raises(EncoderError, match="reduction_mask"):
        fast_tokenizer(SimpleTokenizer(reduction_mask="random"), 77)
