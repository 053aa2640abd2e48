"""The tokens are those of open_clip's own tokenizers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer
from tokenizers import Tokenizer

from core.errors import EncoderError
from encoders.sentence.fast_tokenizers import FastTokenizer, fast_tokenizer
from tests.small_models import bert

CLEANINGS = ["lower", "whitespace", "canonicalize"]
ORIGINALS = {name: SimpleTokenizer(context_length=77, clean=name) for name in CLEANINGS}
FASTS = {name: fast_tokenizer(original, 77) for name, original in ORIGINALS.items()}
MARKS = ["<start_of_text>", "<END_OF_TEXT>", "<end_of_text>", "&amp;", "&lt;", "'s", "N'T", "_"]
TEXTS = st.lists(st.text(max_size=12) | st.sampled_from(MARKS), max_size=6).map("".join)


def padded(fast: FastTokenizer, text: str, length: int = 77) -> list[int]:
    ids = fast.ids(text)
    return [*ids, *[fast.pad_id] * (length - len(ids))]


@pytest.mark.parametrize("name", CLEANINGS)
@pytest.mark.parametrize(
    "text",
    [
        "a photo of 3 dogs",
        "Don\u2019t \u201cstop\u201d!!",
        "Café Müller's 10% off \u2014 NEW",
        "日本語のテキスト、\uff21\uff22",
        "shirts &amp;amp; ties\t\n next",
        "\ufb01ne nai\u0308ve \u039f\u0394\u039f\u03a3",
        "schÃ¶n mended",
        "emoji \U0001f600 here",
        "not given out yet: \u058b:\U0003d000!",
        "a mark <start_of_text> and !<end_of_text>",
        "",
        "word " * 100,
    ],
)
def test_clips_tokens_are_open_clips(name: str, text: str) -> None:
    assert padded(FASTS[name], text) == ORIGINALS[name]([text])[0].tolist()


@pytest.mark.parametrize("name", CLEANINGS)
@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_clips_tokens_are_open_clips_for_any_text(name: str, text: str) -> None:
    assert padded(FASTS[name], text) == ORIGINALS[name]([text])[0].tolist()


@given(text=TEXTS)
def test_a_saved_tokenizer_gives_the_same_tokens(text: str) -> None:
    assert SAVED.encode(text).ids == FASTS["lower"].tokenizer.encode(text).ids


SAVED = Tokenizer.from_str(FASTS["lower"].tokenizer.to_str())


@pytest.mark.parametrize("clean", CLEANINGS)
def test_a_tokenizer_of_transformers_keeps_its_cleaning(tmp_path: Path, clean: str) -> None:
    original = HFTokenizer(str(bert(tmp_path / "bert")), 16, clean=clean)
    fast = fast_tokenizer(original, 16)
    for text in ("A  red_flag, (new)!", "it's"):
        assert padded(fast, text, 16) == original([text])[0].tolist()


def test_a_tokenizer_that_drops_tokens_at_random_is_refused() -> None:
    with pytest.raises(EncoderError, match="reduction_mask"):
        fast_tokenizer(SimpleTokenizer(reduction_mask="random"), 77)
