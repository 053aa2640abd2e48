"""Which source is next: shares kept to within two places over any window, in O(log sources)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from training.pairs.permutation import Permutation

_UNITS = 2**40
"""Shares are whole numbers of this: sums of them are exact."""


@dataclass(frozen=True)
class _Fork:
    """Sends a share of `left` in `whole` visits to the left, as evenly as whole numbers can."""

    left: int
    whole: int
    phase: int
    below: tuple[_Node, _Node]


_Node: TypeAlias = "_Fork | int"


class Schedule:
    """Source and visit by position.

    Sources hang in a binary tree; at a fork of share f, the first m visits hold floor(m f + phase)
    on the left. So the number of visits to a source before any position has a closed form, and
    nothing is replayed on resuming. The phases come from the seed.

    Args:
        shares: of each source, over 0; they need not sum to 1.
    """

    def __init__(self, shares: Sequence[float], seed: int) -> None:
        if not shares or min(shares) <= 0:
            raise ValueError("Shares are numbers over 0, at least one.")
        total = sum(shares)
        units = [max(1, round(share / total * _UNITS)) for share in shares]
        # Heaviest first: the deeper a source hangs, the more roundings meet on its way.
        order = sorted(range(len(units)), key=lambda source: (-units[source], source))
        self._root, _ = _tree(order, units, seed)

    def at(self, position: int) -> tuple[int, int]:
        """The source at `position`, and how many positions before it were that source's."""
        node, visit = self._root, position
        while not isinstance(node, int):
            before = (visit * node.left + node.phase) // node.whole
            after = ((visit + 1) * node.left + node.phase) // node.whole
            goes_left = after > before
            node = node.below[0 if goes_left else 1]
            visit = before if goes_left else visit - before
        return node, visit


def _tree(sources: Sequence[int], units: Sequence[int], seed: int) -> tuple[_Node, int]:
    """The tree over `sources`, and the sum of their units."""
    whole = sum(units[source] for source in sources)
    if len(sources) == 1:
        return sources[0], whole
    middle = _middle(sources, units, whole)
    left, left_units = _tree(sources[:middle], units, seed)
    right, _ = _tree(sources[middle:], units, seed)
    phase = Permutation(whole, seed, *sources)[0]
    return _Fork(left_units, whole, phase, (left, right)), whole


def _middle(sources: Sequence[int], units: Sequence[int], whole: int) -> int:
    """How many of the first sources weigh about half of all."""
    weight = 0
    for count, source in enumerate(sources[:-1], start=1):
        weight += units[source]
        if 2 * weight >= whole:
            return count
    return len(sources) - 1
