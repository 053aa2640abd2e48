"""Words: an item's and a query's, as sparse vectors whose product is BM25.

The engine multiplies each shared word by its inverse document frequency; the rest of BM25
(Robertson and Zaragoza 2009) is in the document's values. Words are reduced to their stems by
Snowball's English stemmer (Porter 2001), which leaves other languages' words much as they are.
"""

from __future__ import annotations

import hashlib
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex
import Stemmer

from core.sparse import SparseVector

K1 = 1.2
B = 0.5
"""How soon a word said again stops counting, and how much a long document is held against it: less
than in articles (0.75), as a long title says more and does not repeat itself."""
USUAL_LENGTH = 12.0
"""Weighted words of a document that is neither long nor short."""
TITLE, TAGS, DESCRIPTION = 1.0, 0.7, 0.4
"""What a word counts by where it stands (Robertson, Zaragoza and Taylor 2004: BM25F)."""
_MOST_WORDS = 2_000
"""Of a text: what comes after counts no more."""
_LONGEST = 64
_JOINED = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['\u2019._/-][\p{L}\p{M}\p{N}]+)*")
_WORD = regex.compile(r"[\p{L}\p{M}]+|\p{N}+")
_PLAIN = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_APOSTROPHE = regex.compile(r"(?<=\p{L})['\u2019](?=\p{L})")
_FUNCTION_WORDS = frozenset(
    "a an the of in on at by for from with without and or to is are be as it its this that".split()  # noqa: SIM905
)
_stemmers = threading.local()  # one holds state while it works


def document(
    title: str = "", description: str = "", tags: Sequence[str] = (), *, codes: Sequence[str] = ()
) -> SparseVector:
    """The words of an item.

    codes: ids, of which those with a digit in them are found as a whole.
    """
    counts: dict[str, float] = {}
    fields = ((title, TITLE), (" ".join(tags), TAGS), (description, DESCRIPTION))
    for text, weight in fields:
        for token in tokens(text):
            counts[token] = counts.get(token, 0.0) + weight
    length = sum(counts.values())
    for code in codes:
        whole = code_of(code)
        if whole is not None:
            counts[whole] = max(counts.get(whole, 0.0), TITLE)
    norm = K1 * (1 - B + B * length / USUAL_LENGTH)
    return _vector({token: n * (K1 + 1) / (n + norm) for token, n in counts.items()})


def query(text: str) -> SparseVector:
    """The words of a query, each once; function words only where there is nothing else."""
    return _vector(dict.fromkeys(telling(text), 1.0))


def telling(text: str) -> list[str]:
    """The stems that a query is about, each once: without function words, unless there are no
    others."""
    found = list(dict.fromkeys(tokens(text)))
    return [token for token in found if token not in _FUNCTION_WORDS] or found


def tokens(text: str) -> Iterator[str]:
    """The stems of the words of `text`, in order.

    Words with a mark or a digit inside ('t-shirt', 'AB-104') also come joined ('tshirt', 'ab104'),
    so that it does not matter how they are written.
    """
    plain = _APOSTROPHE.sub("", unicodedata.normalize("NFKC", text).casefold())
    for count, found in enumerate(_JOINED.finditer(plain)):
        if count >= _MOST_WORDS:
            return
        parts = _WORD.findall(found[0])
        if len(parts) == 1:
            yield _stem(parts[0])
            continue
        joined = _PLAIN.sub("", found[0])
        if len(joined) <= _LONGEST:
            yield _stem(joined)
        yield from (_stem(part) for part in parts)


def code_of(text: str) -> str | None:
    """`text` as the one word that it is found by as a whole; None where it is no code: too long,
    or without a digit."""
    joined = _PLAIN.sub("", unicodedata.normalize("NFKC", text).casefold())
    if not 2 <= len(joined) <= _LONGEST or not any(letter.isdigit() for letter in joined):
        return None
    return _stem(joined)


def _vector(weights: dict[str, float]) -> SparseVector:
    places: dict[int, float] = {}
    for token, weight in weights.items():
        place = _place(token)
        places[place] = places.get(place, 0.0) + weight
    ordered = sorted(places)
    return SparseVector(tuple(ordered), tuple(places[place] for place in ordered))


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    if len(word) > _LONGEST:
        word = word[:_LONGEST]
    if any(letter.isdigit() for letter in word):
        return word
    stemmer = getattr(_stemmers, "english", None)
    if stemmer is None:
        stemmer = _stemmers.english = Stemmer.Stemmer("english")
    return str(stemmer.stemWord(word))


@lru_cache(maxsize=100_000)
def _place(token: str) -> int:
    """32 bits of the token's hash: 300,000 words collide about ten times."""
    return int.from_bytes(hashlib.blake2b(token.encode(), digest_size=4).digest(), "big")
