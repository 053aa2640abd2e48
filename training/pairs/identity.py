"""Which pairs of a batch are no negatives of each other."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.items import ImageSource
from training.pairs.pair import Pair

_SPACES = re.compile(r"[\s_]+")
_EDGES = " \t.,;:!?'\"()[]"


def text_key(text: str) -> str:
    """Equal for texts that say the same: case, Unicode form, blanks and marks at the ends apart."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACES.sub(" ", folded).strip(_EDGES)


def false_negatives(pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    """bool (n, n): whether positive j, though of another pair, is right for anchor i.

    So it is where the two pairs share a text, a product or an image, and where one side asks for
    facts (a label, an attribute) that all are known of the other side's image. The diagonal is
    False: there are the positives themselves. Mask these cells out of the similarities of anchors
    (rows) and positives (columns), in both directions of a symmetric loss.
    """
    answer = np.zeros((len(pairs), len(pairs)), dtype=bool)
    for members in _together(_keys(pair) for pair in pairs).values():
        if len(members) > 1:
            answer[np.ix_(members, members)] = True
    _mark_facts(pairs, answer)
    np.fill_diagonal(answer, False)
    return answer


def false_hard_negatives(pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    """bool (n, m): whether hard negative j (of all pairs, in their order) is right for anchor i.

    So it is where it is an image of pair i, or of a pair with the same text or product.
    """
    negatives = [negative for pair in pairs for negative in pair.negatives]
    columns: dict[ImageSource, list[int]] = defaultdict(list)
    for place, negative in enumerate(negatives):
        columns[negative].append(place)
    answer = np.zeros((len(pairs), len(negatives)), dtype=bool)
    for members in _together(_keys(pair) for pair in pairs).values():
        for image in {image for member in members for image in pairs[member].images}:
            if image in columns:
                answer[np.ix_(members, columns[image])] = True
    return answer


def _keys(pair: Pair) -> set[Hashable]:
    keys: set[Hashable] = {("text", text_key(text)) for text in pair.texts}
    keys |= {("image", image) for image in pair.images}
    if pair.product is not None:
        keys.add(("product", pair.product))
    return keys


def _together(keys: Iterable[set[Hashable]]) -> Mapping[Hashable, list[int]]:
    """Places by key."""
    found: dict[Hashable, list[int]] = defaultdict(list)
    for place, own in enumerate(keys):
        for key in own:
            found[key].append(place)
    return found


def _mark_facts(pairs: Sequence[Pair], answer: NDArray[np.bool_]) -> None:
    """Marks the cells where one side asks for what is known of the other side's image."""
    having: dict[str, NDArray[np.bool_]] = {}
    for place, pair in enumerate(pairs):
        for fact in pair.facts:
            having.setdefault(fact, np.zeros(len(pairs), dtype=bool))[place] = True
    nobody = np.zeros(len(pairs), dtype=bool)
    anchors = np.array([not isinstance(pair.anchor, str) for pair in pairs], dtype=bool)
    positives = np.array([not isinstance(pair.positive, str) for pair in pairs], dtype=bool)
    for asks, members in _by_asks(pairs).items():
        right = np.logical_and.reduce([having.get(fact, nobody) for fact in asks])
        rows = [place for place in members if positives[place]]  # the anchor asks
        columns = [place for place in members if not positives[place]]  # the positive is the text
        answer[rows] |= right & positives
        answer[:, columns] |= (right & anchors)[:, None]


def _by_asks(pairs: Sequence[Pair]) -> Mapping[frozenset[str], list[int]]:
    found: dict[frozenset[str], list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        if pair.asks:
            found[pair.asks].append(place)
    return found
