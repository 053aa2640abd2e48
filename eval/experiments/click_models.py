"""How people look and click, as models with parameters: experiments are tried on them first.

Attraction is the chance, 0 to 1, that somebody who looks at an item clicks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]


class ClickModel(Protocol):
    """Which items of a list are clicked."""

    def clicks(self, attraction: Figures, generator: np.random.Generator) -> NDArray[np.bool_]:
        """bool (..., n) of attractions float64 (..., n), first place first."""
        ...


@dataclass(frozen=True)
class PositionBased:
    """Place k is looked at with chance k ** -decay, whatever stands elsewhere (Richardson,
    Dominowska and Ragno 2007; Craswell et al. 2008 compare it).

    Args:
        decay: 0: every place alike; 1 is about what eye tracking of result pages finds.
    """

    decay: float = 1.0

    def examined(self, count: int) -> Figures:
        """float64 (count,): the chance that each place is looked at."""
        return np.arange(1, count + 1, dtype=np.float64) ** -self.decay

    def clicks(self, attraction: Figures, generator: np.random.Generator) -> NDArray[np.bool_]:
        chance = attraction * self.examined(attraction.shape[-1])
        return np.asarray(generator.random(attraction.shape) < chance)


@dataclass(frozen=True)
class Cascade:
    """Lists are read from the top; after a click people may be satisfied, after each place they may
    give up (Craswell, Zoeter, Taylor and Ramsey 2008, An experimental comparison of click
    position-bias models; going on after a click: Guo, Liu and Wang 2009).

    Args:
        satisfied: chance to stop after a click; 1 is the plain cascade, of one click at most.
        gives_up: chance to stop after a place that was not clicked.
    """

    satisfied: float = 1.0
    gives_up: float = 0.1

    def clicks(self, attraction: Figures, generator: np.random.Generator) -> NDArray[np.bool_]:
        clicked = np.asarray(generator.random(attraction.shape) < attraction)
        ends = np.where(clicked, self.satisfied, self.gives_up)
        stops = generator.random(attraction.shape) < ends
        before: NDArray[np.int64] = np.cumsum(stops, axis=-1) - stops
        return np.asarray(clicked & (before == 0))
