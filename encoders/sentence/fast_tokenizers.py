"""open_clip's tokenizers as one `tokenizers.Tokenizer` each: cleaning, splitting and marks.

So a bundle's tokenizer.json gives the tokens that the model was trained on, without PyTorch.
"""

from __future__ import annotations

import string
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from core.errors import EncoderError

_ENTITIES = {"&amp;": "&", "&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&nbsp;": " "}
_STRAIGHT = {
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\ufb01": "fi",
    "\ufb02": "fl",
}
_WORDS = r"(?i)'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def fast_tokenizer(tokenizer: Any, length: int) -> tuple[Tokenizer, int]:
    """(the same as a `Tokenizer` that cuts at `length` tokens, the token that pads).

    The cleaning of open_clip is written as normalizers. Of what ftfy mends there, only typographic
    quotes, ligatures and the commonest HTML entities are: mojibake stays as it is.

    Raises EncoderError for a tokenizer of a kind that has no such form.
    """
    kind = type(tokenizer).__name__
    if kind == "SimpleTokenizer" and tokenizer.reduction_fn is None:
        fast, pad = _byte_pairs(tokenizer), 0
        cleaning = _cleaning(tokenizer.clean_fn.__name__)
    elif kind == "SigLipTokenizer" or (kind == "HFTokenizer" and _plain(tokenizer)):
        inner = tokenizer.tokenizer
        fast = Tokenizer.from_str(inner.backend_tokenizer.to_str())
        pad = int(inner.pad_token_id or 0)
        clean = getattr(tokenizer, "clean_fn", None)
        cleaning = _cleaning(clean.__name__ if clean else "_clean_canonicalize")
    else:
        raise EncoderError(
            f"The architecture's tokenizer ({kind}) drops or adds tokens in a way of its own.",
            hint="Choose one without reduction_mask, tokenizer_mode or strip_sep_token.",
        )
    own = [fast.normalizer] if fast.normalizer is not None else []
    fast.normalizer = normalizers.Sequence([*cleaning, *own])
    fast.no_padding()
    fast.enable_truncation(length)
    return fast, pad


def _plain(tokenizer: Any) -> bool:
    return not tokenizer.tokenizer_mode and not tokenizer.strip_sep_token


def _byte_pairs(tokenizer: Any) -> Tokenizer:
    """CLIP's: words to lower-case byte pairs, between two marks (Radford et al. 2021)."""
    fast = Tokenizer(
        models.BPE(dict(tokenizer.encoder), list(tokenizer.bpe_ranks), end_of_word_suffix="</w>")
    )
    fast.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    start, end = (
        tokenizer.decoder[tokenizer.sot_token_id],
        tokenizer.decoder[tokenizer.eot_token_id],
    )
    fast.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        special_tokens=[(start, tokenizer.sot_token_id), (end, tokenizer.eot_token_id)],
    )
    return fast


def _cleaning(name: str) -> list[Any]:
    """open_clip's clean functions: 'lower', 'whitespace' and 'canonicalize'."""
    steps: list[Any] = [normalizers.Replace(old, new) for old, new in _ENTITIES.items()]
    steps += [normalizers.NFC()]
    steps += [normalizers.Replace(old, new) for old, new in _STRAIGHT.items()]
    if name == "_clean_canonicalize":
        marks = "".join(f"\\{mark}" for mark in string.punctuation if mark != "_")
        steps += [normalizers.Replace("_", " "), normalizers.Replace(Regex(f"[{marks}]"), "")]
    if name in ("_clean_canonicalize", "_clean_lower"):
        steps += [normalizers.Lowercase()]
    return [*steps, normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
