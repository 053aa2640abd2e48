"""Pairs of several sources in one stream, each position computed from its number alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from training.pairs.pair import Pair
from training.pairs.permutation import Permutation
from training.pairs.schedule import Schedule
from training.pairs.source import PairSource

_PAIR, _SUBSTITUTE, _ORDER = range(3)
"""Streams of random numbers that must not meet."""


class Mixture:
    """An endless stream of pairs.

    `pair_at(position)` hangs on the seed and the position only, in O(1): a run that is resumed sees
    what an uninterrupted one would, and workers need not talk to each other. Each source is walked
    in a new random order every time it was seen whole: none of its pairs comes again before all
    others came. The number of pairs of a source in any window is within a few of its share.

    Args:
        sources: at least one, none empty.
        shares: of the pairs, by source; over 0, need not sum to 1.
        seed: of orders, captions, augmentations.
        stretch: how many positions in a row are of one source. With the batch's size, every batch
            is of one source (its negatives are alike); with 1, sources mix within a batch.
    """

    def __init__(
        self,
        sources: Sequence[PairSource],
        shares: Sequence[float],
        seed: int = 0,
        *,
        stretch: int = 1,
    ) -> None:
        if len(sources) != len(shares):
            raise ValueError("Every source needs a share.")
        if any(len(source) < 1 for source in sources):
            raise ValueError("A source without pairs can't be mixed in.")
        if stretch < 1:
            raise ValueError("A stretch is at least one position.")
        total = sum(shares)
        self._sources = tuple(sources)
        self._shares = tuple(share / total for share in shares)
        self._schedule = Schedule(shares, seed)
        self._seed = seed
        self._stretch = stretch

    @property
    def sources(self) -> tuple[PairSource, ...]:
        return self._sources

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the pairs by source; they sum to 1."""
        return self._shares

    @property
    def epoch(self) -> int:
        """Positions until every source was seen whole at least once."""
        longest = max(
            len(source) / share for source, share in zip(self._sources, self._shares, strict=True)
        )
        return max(1, round(longest))

    def place(self, position: int) -> tuple[int, int]:
        """Number of the source, and index of the pair in it, at `position`, 0 or more."""
        if position < 0:
            raise ValueError("Positions count from 0.")
        block, within = divmod(position, self._stretch)
        number, visit = self._schedule.at(block)
        size = len(self._sources[number])
        epoch, step = divmod(visit * self._stretch + within, size)
        return number, _order(size, self._seed, number, epoch)[step]

    def pair_at(self, position: int) -> Pair:
        """The pair at `position`, 0 or more."""
        number, index = self.place(position)
        random = np.random.default_rng([_PAIR, self._seed, position])
        return self._sources[number].pair(index, random)

    def substitute(self, position: int, attempt: int) -> Pair:
        """What comes in place of a pair that can't be used, of the same source.

        Attempts 0, 1, ... up to the source's size less 2 give all its other pairs, each once.
        """
        number, index = self.place(position)
        order = Permutation(len(self._sources[number]), _SUBSTITUTE, self._seed, position)
        # The pair itself takes one turn: where it comes up, the last one comes instead.
        found = order[attempt]
        other = order[len(order) - 1] if found == index else found
        random = np.random.default_rng([_SUBSTITUTE, self._seed, position, attempt])
        return self._sources[number].pair(other, random)


@lru_cache(maxsize=256)
def _order(size: int, seed: int, number: int, epoch: int) -> Permutation:
    return Permutation(size, _ORDER, seed, number, epoch)
