"""The lexicon: entries that can be looked up by the words of an unfinished, misspelt text.

The words are sorted, and the entries that hold them lie in that order in one array: all entries
with a word of some beginning are one slice. Entries are numbered by rank, so that the best of a
slice are its smallest numbers. Misspelt words are found by their optimal string alignment distance
(one edit: a letter more, less, another, or two swapped) to the words there are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.search.suggesting.entries import Entry, words_of

Numbers = NDArray[np.int32]

_MAX_WORDS = 8
"""Words of a text that are looked up; what comes before the last eight is not."""
_BRANCHES = 5
"""Spellings that are tried for a word that is not there."""
_PRIOR = {"query": 3.0, "value": 2.0, "tag": 1.5, "title": 1.0}
"""How much more often each kind is what is meant; times the logarithm of its count."""
_END = "\U0010ffff"


@dataclass(frozen=True)
class Found:
    """Entries best first; corrected: the text as it should be spelt, where it is not."""

    entries: tuple[Entry, ...]
    corrected: str | None = None


class Lexicon:
    """Entries by their words. Immutable, so safe for several threads."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = sorted(entries, key=_rank)
        holders: dict[str, list[int]] = {}
        for number, entry in enumerate(self._entries):
            for word in dict.fromkeys(words_of(entry.text)):
                holders.setdefault(word, []).append(number)
        self._words = sorted(holders)
        self._by_length: dict[int, list[str]] = {}
        for word in self._words:
            self._by_length.setdefault(len(word), []).append(word)
        lengths = [len(holders[word]) for word in self._words]
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = [number for word in self._words for number in holders[word]]
        self._holders: Numbers = np.array(flat, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, text: str, limit: int, field: str | None = None) -> Found:
        """Entries that hold all words of `text`, its last one perhaps unfinished.

        Where there are not enough, entries come next that hold words one or two letters away; where
        there are none at all, those that lack one of the words before the last.

        Args:
            field: only entries of this field.
        """
        words = words_of(text)[-_MAX_WORDS:]
        if not words:
            return Found(())
        finished = text[-1:].isspace()
        exact = self._holding(words, finished)
        found = self._best(exact, words, limit, field)
        if len(found) >= limit:
            return Found(tuple(found))
        spelt = [self._spelt(word, whole) for word, whole in _wholes(words, finished)]
        near = self._intersection([self._any(ranges) for ranges, _ in spelt])
        more = self._best(near, words, 2 * limit, field)
        texts = {" ".join(words_of(entry.text)) for entry in found}
        found += [entry for entry in more if " ".join(words_of(entry.text)) not in texts]
        if not found and len(words) > 1:
            found = self._lacking_one([self._any(ranges) for ranges, _ in spelt], limit, field)
        # Only what is seen in a suggestion may be told as a correction.
        corrected = [best for _, best in spelt]
        right = not len(exact) and more and corrected != words and None not in corrected
        shown = " ".join(word for word in corrected if word) if right else None
        return Found(tuple(found[:limit]), shown)

    def _holding(self, words: Sequence[str], finished: bool) -> Numbers:
        slices = []
        for word, whole in _wholes(words, finished):
            low = bisect_left(self._words, word)
            high = bisect_left(self._words, word + ("\0" if whole else _END))
            slices.append(self._slice(low, high))
        return self._intersection(slices)

    def _lacking_one(self, slices: list[Numbers], limit: int, field: str | None) -> list[Entry]:
        """Entries that hold all words but one; the last one is always held."""
        lists = [slices[:at] + slices[at + 1 :] for at in range(len(slices) - 1)]
        numbers = np.concatenate([self._intersection(each) for each in lists])
        return self._best(numbers, [], limit, field)

    def _slice(self, low: int, high: int) -> Numbers:
        return self._holders[self._starts[low] : self._starts[high]]

    def _any(self, ranges: Sequence[tuple[int, int]]) -> Numbers:
        slices = [self._slice(low, high) for low, high in ranges]
        return np.concatenate(slices) if slices else np.empty(0, dtype=np.int32)

    def _intersection(self, slices: Sequence[Numbers]) -> Numbers:
        """Numbers that are in all of the slices, in no order."""
        shortest, *others = sorted(slices, key=len)
        for other in others:
            if len(shortest):
                held = np.zeros(len(self._entries), dtype=bool)
                held[other] = True
                shortest = shortest[held[shortest]]
        return shortest

    def _best(
        self, numbers: Numbers, words: Sequence[str], limit: int, field: str | None
    ) -> list[Entry]:
        """The best entries, no text twice; those that begin as the text does come first."""
        most = 8 * limit if field is None else len(numbers)
        if len(numbers) > most:
            numbers = np.partition(numbers, most)[:most]
        beginning = " ".join(words)
        found: dict[str, Entry] = {}
        for number in np.unique(numbers):
            entry = self._entries[number]
            if field is None or entry.field == field:
                found.setdefault(" ".join(words_of(entry.text)), entry)
        ranked = sorted(found.items(), key=lambda pair: not pair[0].startswith(beginning))
        return [entry for _, entry in ranked[:limit]]

    def _spelt(self, word: str, whole: bool) -> tuple[list[tuple[int, int]], str | None]:
        """Ranges of words that `word` may stand for, and the likeliest; itself where it is one."""
        low, high = bisect_left(self._words, word), bisect_left(self._words, word + _END)
        if low < high and not whole:
            return [(low, high)], word
        if low < high and self._words[low] == word:
            return [(low, low + 1)], word
        edits = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
        if not edits:
            return [], None
        return self._near(word, edits, whole)

    def _near(self, word: str, edits: int, whole: bool) -> tuple[list[tuple[int, int]], str | None]:
        first = bisect_left(self._words, word[0]), bisect_left(self._words, word[0] + _END)
        bucket = self._words[slice(*first)]
        if not whole:  # of an unfinished word, beginnings are compared
            bucket = list(dict.fromkeys(other[: len(word)] for other in bucket))
        found = self._closest(word, bucket, edits)
        if not found and whole:  # the first letter may be the wrong one
            lengths = range(len(word) - 1, len(word) + 2)
            found = self._closest(word, [w for n in lengths for w in self._by_length.get(n, ())], 1)
        ranges = []
        for other in found:
            low = bisect_left(self._words, other)
            high = bisect_left(self._words, other + ("\0" if whole else _END))
            ranges.append((low, high))
        return ranges, self._likeliest(ranges) if found else None

    def _closest(self, word: str, among: Sequence[str], edits: int) -> list[str]:
        near = process.extract(
            word, among, scorer=OSA.distance, score_cutoff=edits, limit=_BRANCHES
        )
        return [other for other, _, _ in near]

    def _likeliest(self, ranges: Sequence[tuple[int, int]]) -> str:
        """Of the closest range, the word that most entries hold."""
        low, high = ranges[0]
        sizes = np.diff(self._starts[low : high + 1])
        return self._words[low + int(np.argmax(sizes))]


def _wholes(words: Sequence[str], finished: bool) -> Iterator[tuple[str, bool]]:
    """The words, and whether each is known to be complete."""
    for place, word in enumerate(words):
        yield word, finished or place < len(words) - 1


def _rank(entry: Entry) -> tuple[float, int, str]:
    return (-_PRIOR[entry.kind] * float(np.log1p(entry.count)), len(entry.text), entry.text)
