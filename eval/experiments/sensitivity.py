"""How many sessions it takes to tell two rankings apart: by groups, and interleaved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy  # its parts load when they are first used: they take a second
from numpy.typing import NDArray

from eval.experiments.click_models import ClickModel, PositionBased
from eval.experiments.fixed import welch
from eval.experiments.interleaving import coins, team_draft
from eval.experiments.moments import Figures, Moments

_DRAFTS = 64
"""Drafts of one query that interleaved sessions are spread over."""


@dataclass(frozen=True)
class Rankings:
    """Two rankings of the same queries as attractions, float64 (queries, places), and the items
    themselves, int64, so that they can be drafted from."""

    attraction: Figures  # (queries, items)
    better: NDArray[np.int64]  # (queries, places): items best first
    worse: NDArray[np.int64]

    @staticmethod
    def made(
        queries: int = 50, items: int = 30, places: int = 10, noise: float = 2.0, seed: int = 0
    ) -> Rankings:
        """Items of few good and many poor ones; the worse ranking guesses with `noise` more."""
        generator = np.random.default_rng(seed)
        attraction = 0.03 + 0.5 * generator.beta(0.5, 3.0, size=(queries, items))
        guess = attraction + 0.15 * generator.standard_normal(attraction.shape)
        other = guess + noise * 0.15 * generator.standard_normal(attraction.shape)
        better, worse = (np.argsort(-each, axis=1)[:, :places] for each in (guess, other))
        return Rankings(attraction, better, worse)

    def attractions(self, ranked: NDArray[np.int64]) -> Figures:
        """float64 (queries, places) of item numbers."""
        return np.take_along_axis(self.attraction, ranked, axis=1)


@dataclass(frozen=True)
class Sensitivity:
    """Sessions of one search that find a real difference with the wanted power: in all variants
    together, and interleaved; None where the most that were tried were too few."""

    groups: int | None
    interleaved: int | None
    gain: float  # difference of click rates between the rankings


@dataclass(frozen=True)
class Sensitive:
    """Finds out how many sessions either way needs. Both are read once, at the same alpha."""

    rankings: Rankings = field(default_factory=Rankings.made)
    model: ClickModel = field(default_factory=PositionBased)
    simulations: int = 300
    alpha: float = 0.05
    power: float = 0.8
    seed: int = 0

    def sessions(self, tried: Sequence[int]) -> Sensitivity:
        """By the smallest of the numbers `tried`, ascending, that has the power."""
        most = max(tried)
        groups = self._groups(tried)
        drafted = self._interleaved(tried)
        gain = self._gain(np.random.default_rng((self.seed, 9)), 40 * most)
        return Sensitivity(self._first(tried, groups), self._first(tried, drafted), gain)

    def _first(self, tried: Sequence[int], found: Figures) -> int | None:
        return next((n for n, share in zip(tried, found, strict=True) if share >= self.power), None)

    def _groups(self, tried: Sequence[int]) -> Figures:
        """Share of simulations that Welch's test decides rightly with n sessions, half a side."""
        generator = np.random.default_rng((self.seed, 1))
        at = [max(2, n // 2) for n in tried]
        sides = []
        for ranked in (self.rankings.worse, self.rankings.better):
            clicked = self._clicked(ranked, (self.simulations, max(at)), generator)
            sides.append(Moments.growing(at, clicked.any(axis=-1)))
        found = welch(*sides)
        return np.asarray(((found.p <= self.alpha) & (found.estimate > 0)).mean(axis=0))

    def _interleaved(self, tried: Sequence[int]) -> Figures:
        """The same of n interleaved sessions, by the sign of their credit (normal limit of the
        sign test over sessions that are no tie)."""
        generator = np.random.default_rng((self.seed, 2))
        drafts, teams = self._drafts()
        shape = (self.simulations, max(tried))
        query = generator.integers(len(drafts), size=shape)
        which = generator.integers(drafts.shape[1], size=shape)
        attraction = np.take_along_axis(
            self.rankings.attraction, drafts.reshape(len(drafts), -1), 1
        )
        attraction = attraction.reshape(drafts.shape)[query, which]
        clicked = self.model.clicks(attraction, generator)
        votes = np.sign((clicked * teams[query, which]).sum(axis=-1))
        at = np.asarray(tried) - 1
        won = np.cumsum(votes > 0, axis=1)[:, at]
        cast = won + np.cumsum(votes < 0, axis=1)[:, at]
        p = 2 * np.minimum(
            scipy.stats.binom.cdf(won, cast, 0.5), scipy.stats.binom.sf(won - 1, cast, 0.5)
        )
        return np.asarray(((p <= self.alpha) & (2 * won > cast)).mean(axis=0))

    def _clicked(
        self, ranked: NDArray[np.int64], shape: tuple[int, int], generator: np.random.Generator
    ) -> NDArray[np.bool_]:
        attraction = self.rankings.attractions(ranked)
        return self.model.clicks(
            attraction[generator.integers(len(attraction), size=shape)], generator
        )

    def _gain(self, generator: np.random.Generator, count: int) -> float:
        one, other = (
            self._clicked(ranked, (1, count), generator).any(axis=-1).mean()
            for ranked in (self.rankings.worse, self.rankings.better)
        )
        return float(other - one)

    def _drafts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Items int64 (queries, drafts, places); their teams: 1 of the better, -1 of the worse."""
        places = self.rankings.better.shape[1]
        shape = (len(self.rankings.better), _DRAFTS, places)
        items, teams = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for query, (good, bad) in enumerate(
            zip(self.rankings.better, self.rankings.worse, strict=True)
        ):
            lists = ("better", [str(each) for each in good]), ("worse", [str(each) for each in bad])
            for number in range(_DRAFTS):
                drawn = team_draft(*lists, places, coins("study", str(query), str(number)))
                items[query, number] = [int(each) for each in drawn.ids]
                teams[query, number] = [
                    1 if drawn.sources[each] == "better" else -1 for each in drawn.ids
                ]
        return items, teams
