"""open_clip's tokenizers as a cleaning and one `tokenizers.Tokenizer` each.

So a bundle gives the tokens that the model was trained on, without PyTorch and open_clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import regex
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

from core.errors import EncoderError
from encoders.cleaning import CleanStep, clean

_ENDINGS = "'s|'t|'re|'ve|'m|'ll|'d"
_END = "</w>"
"""Marks the last letter of a word."""
_KINDS = (r"[\p{L}]", r"[\p{N}]", r"[^\s\p{L}\p{N}]")
"""What a word is made of: letters, one number, or other marks."""

_CLEANING: Mapping[str, tuple[CleanStep, ...]] = {
    "_clean_lower": ("mend", "unescape", "spaces", "lower"),
    "_clean_whitespace": ("mend", "unescape", "spaces"),
    "_clean_canonicalize": ("mend", "unescape", "underscores", "punctuation", "lower", "spaces"),
}
"""By the names of open_clip's functions."""


@dataclass(frozen=True)
class FastTokenizer:
    """What takes the place of a tokenizer of open_clip.

    Attributes:
        tokenizer: splits and cuts a cleaned text, and puts the marks around it; never pads.
        pad_id: the token that pads.
        clean: what is done to a text before.
    """

    tokenizer: Tokenizer
    pad_id: int
    clean: tuple[CleanStep, ...]

    def ids(self, text: str) -> list[int]:
        """The tokens of `text`, not padded."""
        return list(self.tokenizer.encode(clean(text, self.clean)).ids)


def fast_tokenizer(tokenizer: Any, length: int) -> FastTokenizer:
    """The same as open_clip's `tokenizer`, cutting at `length` tokens.

    Raises EncoderError for a tokenizer of a kind that has no such form.
    """
    kind = type(tokenizer).__name__
    if kind == "SimpleTokenizer" and tokenizer.reduction_fn is None:
        fast, pad = _byte_pairs(tokenizer), 0
    elif kind == "SigLipTokenizer" or (kind == "HFTokenizer" and _plain(tokenizer)):
        inner = tokenizer.tokenizer
        fast = Tokenizer.from_str(inner.backend_tokenizer.to_str())
        pad = int(inner.pad_token_id or 0)
    else:
        raise EncoderError(
            f"The architecture's tokenizer ({kind}) drops or adds tokens in a way of its own.",
            hint="Choose one without reduction_mask, tokenizer_mode or strip_sep_token.",
        )
    fast.no_padding()
    fast.enable_truncation(length)
    function = getattr(tokenizer, "clean_fn", None)  # SigLIP's has no choice
    return FastTokenizer(fast, pad, _CLEANING[getattr(function, "__name__", "_clean_canonicalize")])


def _plain(tokenizer: Any) -> bool:
    return not tokenizer.tokenizer_mode and not tokenizer.strip_sep_token


def _byte_pairs(tokenizer: Any) -> Tokenizer:
    """CLIP's: words to byte pairs, between two marks (Radford et al. 2021)."""
    marks = [tokenizer.decoder[number] for number in tokenizer.all_special_ids]
    vocabulary, merges = dict(tokenizer.encoder), list(tokenizer.bpe_ranks)
    for mark in marks:
        merges += _as_one(mark, vocabulary, tokenizer)
    fast = Tokenizer(models.BPE(vocabulary, merges, end_of_word_suffix=_END))
    letter, number, other = (_members(one) for one in _KINDS)
    whole = "|".join([*marks, _ENDINGS])
    pattern = f"(?i:{whole})|[{letter}]+|[{number}]|[{other}]+"
    fast.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    start, end = marks[:2]
    fast.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, tokenizer.sot_token_id), (end, tokenizer.eot_token_id)],
    )
    return fast


@cache
def _members(kind: str) -> str:
    """The ranges of all characters that are of `kind` to open_clip's own pattern.

    Written out, because libraries disagree about characters that Unicode has not given out: to
    `regex`, which open_clip uses, some of them are letters.
    """
    every = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    runs = regex.finditer(f"{kind}+", every, regex.IGNORECASE)
    return "".join(f"\\x{{{ord(run[0][0]):x}}}-\\x{{{ord(run[0][-1]):x}}}" for run in runs)


def _as_one(mark: str, vocabulary: dict[str, int], tokenizer: Any) -> list[tuple[str, str]]:
    """Merges, to come after all others, that make one token of a mark that stands in a text.

    open_clip takes it for one where its pattern finds it; as a special token of `tokenizers` it
    would be found in other places, too, such as right behind an exclamation mark. The merges touch
    no word: words mix no letters with brackets. Changes `vocabulary`.
    """
    known = tokenizer.cache.pop(mark)  # else it answers with the mark itself
    pieces = tokenizer.bpe(mark).split(" ")
    tokenizer.cache[mark] = known
    merges, left = [], pieces[0]
    for piece in pieces[1:]:
        merges.append((left, piece))
        left += piece
        vocabulary.setdefault(left, len(vocabulary))
    vocabulary[left] = vocabulary.pop(mark)
    return merges
