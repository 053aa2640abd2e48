"""HTML in texts of a catalog."""

from __future__ import annotations

import html
import re

import nh3

_MARKED = re.compile(r"<[A-Za-z/!][^<>]*>|&(?:#\d+|#[xX][0-9A-Fa-f]+|[A-Za-z][A-Za-z0-9]+);")
_TAG = re.compile(r"<(?=[A-Za-z/!])")


def without_markup(text: str) -> str:
    """`text` without tags, with entities as the characters they stand for, on one line.

    A text with neither comes back as it is. What scripts and styles hold goes, too. The answer may
    still hold '<' and '&' ('a &lt; b'): whoever shows it in HTML escapes it, as for any text.
    """
    if not _MARKED.search(text):
        return text
    apart = _TAG.sub(" <", text)  # so that 'red<br>shoe' is two words
    plain = html.unescape(nh3.clean(apart, tags=set()))
    return " ".join(plain.split())
