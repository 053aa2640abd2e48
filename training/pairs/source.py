"""What the mixture asks of a source of pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, overload

import numpy as np

from training.pairs.pair import Pair
from training.pairs.skips import Skip, named


class PairSource(Protocol):
    """Pairs by index. Nothing is decoded here; safe to call from several processes."""

    @property
    def name(self) -> str:
        """For people and logs; no two sources of a mixture share it."""
        ...

    def __len__(self) -> int:
        """Number of pairs, at least 1, known without opening an image."""
        ...

    def pair(self, index: int, random: np.random.Generator) -> Pair:
        """The pair at `index`, 0 to len - 1.

        `random` picks the caption, template, partner or augmentation: the same index and the same
        state of the generator give the same pair.
        """
        ...


@dataclass(frozen=True)
class Built:
    """A source as its settings make it: what is trained on, and what is held out, if anything."""

    source: PairSource
    share: float
    held_out: PairSource | None = None
    notes: tuple[str, ...] = ()
    """What a person should know of how the source was understood; sentences."""
    skips: tuple[Skip, ...] = ()
    """Rows of its files that can't be used, known without opening an image."""

    @property
    def own_skips(self) -> tuple[Skip, ...]:
        """The skips under the source's name, as those that come up while it is read."""
        return tuple(replace(skip, source=self.source.name) for skip in self.skips)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The notes, and of skips how many there are and which ones for example."""
        if not self.skips:
            return self.notes
        count = len(self.skips)
        rows = f"{count:,} row{'s' if count > 1 else ''} of {self.source.name} can't be used"
        return (*self.notes, f"{rows}{', such as' if count > 1 else ':'} {named(self.skips)}.")


class FixedPairs(Sequence[Pair]):
    """All pairs of a source, one each, the same at every call: for validation.

    Augmentation is left out; where there is a choice of captions or templates, index and `seed`
    pick one.
    """

    def __init__(self, source: PairSource, *, seed: int = 0) -> None:
        self._source = source
        self._seed = seed

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Pair]:
        return (self[index] for index in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Pair: ...

    @overload
    def __getitem__(self, index: slice) -> list[Pair]: ...

    def __getitem__(self, index: int | slice) -> Pair | list[Pair]:
        if isinstance(index, slice):
            return [self._pair(place) for place in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        return self._pair(place)

    def _pair(self, index: int) -> Pair:
        random = np.random.default_rng([self._seed, index])
        return replace(self._source.pair(index, random), views=None)


def held_out(built: Built) -> Sequence[Pair]:
    """The pairs of the groups that the source's `split` keeps from training; empty without one."""
    return FixedPairs(built.held_out) if built.held_out is not None else ()
