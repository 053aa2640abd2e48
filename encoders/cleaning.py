"""Cleaning of texts before the tokenizer, as the towers that need it were trained."""

from __future__ import annotations

import html
import string
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

CleanStep: TypeAlias = Literal["mend", "unescape", "underscores", "punctuation", "lower", "spaces"]

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def clean(text: str, steps: Sequence[CleanStep]) -> str:
    """`text` after `steps`, in their order.

    mend: broken encodings, curly quotes, ligatures and wide letters made plain (ftfy).
    unescape: HTML entities resolved, twice. underscores: turned into spaces. punctuation: ASCII
    punctuation removed. lower: lower case, as Python's. spaces: runs of white space become one
    space, none is left at the ends.

    open_clip cleans by such steps; a tokenizer file can't hold them all.
    """
    for step in steps:
        text = _STEPS[step](text)
    return text


def _mend(text: str) -> str:
    import ftfy  # costs tens of milliseconds at start, which only towers that need it should pay

    return ftfy.fix_text(text)


def _unescape(text: str) -> str:
    return html.unescape(html.unescape(text))


def _underscores(text: str) -> str:
    return text.replace("_", " ")


def _punctuation(text: str) -> str:
    return text.translate(_PUNCTUATION)


def _spaces(text: str) -> str:
    return " ".join(text.split())


_STEPS: Mapping[CleanStep, Callable[[str], str]] = {
    "mend": _mend,
    "unescape": _unescape,
    "underscores": _underscores,
    "punctuation": _punctuation,
    "lower": str.lower,
    "spaces": _spaces,
}
