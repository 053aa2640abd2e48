"""Simulated users: people made up of a click model and a taste, who search and leave visits behind.

Everything follows from the seed: the same people ask the same in the same order, whatever they are
shown; only what they click depends on that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from core.interactions import CLICK, DWELL, IMPRESSION, Asked, Event, Visit
from eval.experiments.click_models import ClickModel, PositionBased

CONVERSION = "add_to_cart"


@dataclass(frozen=True)
class Search:
    """What one simulated user asks: `number` counts all searches from 0."""

    number: int
    user: str
    session: str
    query: str


@dataclass(frozen=True)
class Shown:
    """What a search is answered with: the page, and what `core.interactions.Asked` keeps of it."""

    ids: Sequence[str]
    variants: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    generation: str = ""
    encoder: str = ""
    randomised: bool = False
    latency_ms: float | None = None


@dataclass(frozen=True)
class Habits:
    """How all of them behave.

    Args:
        noise: attraction of an item of relevance 0, 0 to 1.
        pull: attraction of an item of relevance 1; between, in proportion.
        spread: how differently people are given to clicking: each one's attractions are multiplied
            by a number of mean 1, drawn from a gamma distribution of this standard deviation.
        searches: mean number of searches in a session; at least one (1 + Poisson).
        buys: chance that a click on an item of relevance 1 becomes a conversion.
        dwell_s: median of seconds spent on an item of relevance 1; a fifth of it on one of 0.
        latency_ms: median of an answer's time, where the answer does not tell its own.
    """

    noise: float = 0.03
    pull: float = 0.7
    spread: float = 0.3
    searches: float = 2.0
    buys: float = 0.15
    dwell_s: float = 30.0
    latency_ms: float = 25.0


@dataclass(frozen=True)
class Population:
    """People who ask `queries` of one collection.

    Args:
        queries: what is asked, each equally often.
        relevance: 0 to 1, of an item to a query: what these people really want.
        model: how they look and click.
        users: how many they are; sessions are spread over them at random.
        page: places of a list that they see at most.
        start, days: when they search: at random times of this span, in the order of their numbers.
        impressions: whether what was shown is noted, too.
    """

    queries: Sequence[str]
    relevance: Callable[[str, str], float]
    model: ClickModel = field(default_factory=PositionBased)
    habits: Habits = field(default_factory=Habits)
    users: int = 1_000
    page: int = 10
    collection: str = "simulated"
    start: datetime = datetime(2026, 1, 5, tzinfo=UTC)
    days: float = 7.0
    impressions: bool = True
    seed: int = 0

    def visits(self, rank: Callable[[str], Sequence[str]], sessions: int) -> Iterator[Visit]:
        """The visits of so many sessions, where `rank` answers a query by ids, best first."""
        return self.answered(lambda search: Shown(rank(search.query)), sessions)

    def answered(self, answer: Callable[[Search], Shown], sessions: int) -> Iterator[Visit]:
        """As `visits`, where answers depend on who asks, as in an experiment."""
        asking = np.random.default_rng((self.seed, 1))
        seen = asking.integers(self.users, size=sessions)
        counts = 1 + asking.poisson(max(0.0, self.habits.searches - 1), size=sessions)
        total = int(counts.sum())
        asked = asking.integers(len(self.queries), size=total)
        times = np.sort(asking.random(total)) * self.days * 86_400
        eager = self._eagerness()
        number = 0
        for session, (user, count) in enumerate(zip(seen, counts, strict=True)):
            for _ in range(count):
                query = self.queries[int(asked[number])]
                search = Search(number, f"user-{user}", f"session-{session}", query)
                at = self.start + timedelta(seconds=float(times[number]))
                yield self._visit(search, answer(search), at, float(eager[user]))
                number += 1

    def _eagerness(self) -> np.ndarray:
        generator = np.random.default_rng((self.seed, 2))
        spread = self.habits.spread
        if spread == 0:
            return np.ones(self.users)
        return generator.gamma(1 / spread**2, spread**2, size=self.users)

    def _visit(self, search: Search, shown: Shown, at: datetime, eager: float) -> Visit:
        generator = np.random.default_rng((self.seed, 3, search.number))
        ids = list(shown.ids)[: self.page]
        latency = shown.latency_ms
        if latency is None:
            latency = self.habits.latency_ms * float(generator.lognormal(0, 0.3))
        asked = Asked(
            query_id=f"q{self.seed}-{search.number}",
            collection=self.collection,
            generation=shown.generation,
            at=at,
            kind="text",
            text=search.query,
            found=len(ids),
            latency_ms=latency,
            user=search.user,
            session=search.session,
            variants=dict(shown.variants),
            sources=dict(shown.sources),
            randomised=shown.randomised,
            client="simulated",
            encoder=shown.encoder,
        )
        return Visit(asked, tuple(self._events(asked, ids, eager, generator)))

    def _events(
        self, asked: Asked, ids: list[str], eager: float, generator: np.random.Generator
    ) -> Iterator[Event]:
        habits, at = self.habits, asked.at
        if self.impressions:
            for place, item in enumerate(ids, start=1):
                yield Event(asked.query_id, item, IMPRESSION, at, place)
        relevance = np.array([self.relevance(asked.text, item) for item in ids], dtype=np.float64)
        drawn = habits.noise + (habits.pull - habits.noise) * relevance
        attraction = np.minimum(1, drawn * eager)
        for index in np.flatnonzero(self.model.clicks(attraction, generator)):
            item, place = ids[index], int(index) + 1
            at += timedelta(seconds=1 + float(generator.exponential(2.0)) * place)
            yield Event(asked.query_id, item, CLICK, at, place)
            share = 0.2 + 0.8 * float(relevance[index])
            seconds = habits.dwell_s * share * float(generator.lognormal(0, 0.5))
            at += timedelta(seconds=seconds)
            yield Event(asked.query_id, item, DWELL, at, place, seconds=seconds)
            if generator.random() < habits.buys * relevance[index]:
                yield Event(asked.query_id, item, CONVERSION, at, place, value=1.0)
