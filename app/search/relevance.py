"""Relevance: what a candidate's scores say of it, and what is never cut off.

A cut-off by the joint cosine alone would lose what is found by its words: a product's code says
nothing to an encoder. So an item that has every word of a code, or of two words and more, in its
title, tags or description, or the whole as its id, is never cut off. One word that is no code is
no proof: it may stand in half of the titles, and mean another thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.search.aspects import LEXICAL, is_code
from app.search.candidates import Candidate
from encoders.lexical import code_of, telling, tokens
from qdrant.store import JOINT

_FEWEST = 2


def by_scores(
    probability: Callable[[float, float], float | None],
) -> Callable[[Candidate], float | None]:
    """The relevance of candidates, given that of a joint cosine and a BM25 score; None for those
    without a joint cosine."""

    def relevance(candidate: Candidate) -> float | None:
        joint, lexical = candidate.aspects.get(JOINT), candidate.aspects.get(LEXICAL)
        if joint is None:
            return None
        return probability(joint.raw, lexical.raw if lexical is not None else 0.0)

    return relevance


def has_all_words(text: str | None, candidate: Candidate) -> bool:
    """Whether the candidate was found by words, and has every one of a code or of several words."""
    lexical = candidate.aspects.get(LEXICAL)
    if not text or lexical is None or lexical.raw <= 0:
        return False
    asked = set(telling(text))
    if len(text.split()) < _FEWEST and not is_code(text):
        return False
    own = set(_tokens(candidate.payload))
    if asked <= own:
        return True
    # A code counts as found whole, however it is written; its pieces need not stand there.
    codes = {code for code in (code_of(candidate.id), *map(code_of, _written(candidate))) if code}
    whole = code_of(text)
    if whole is not None and whole in codes | own:
        return True
    return all(_has(word, own, codes) for word in text.split())


def _has(word: str, own: set[str], codes: set[str]) -> bool:
    whole = code_of(word)
    return (whole is not None and whole in codes | own) or set(telling(word)) <= own


def _written(candidate: Candidate) -> Iterator[str]:
    product = candidate.payload.get("product_id")
    if isinstance(product, str):
        yield product


def _tokens(payload: Mapping[str, Any]) -> Iterator[str]:
    for field in ("title", "description", "tags"):
        stored = payload.get(field)
        for text in stored if isinstance(stored, list) else [stored]:
            if isinstance(text, str):
                yield from tokens(text)
