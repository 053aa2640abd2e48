"""What makes the slowest shard slow: the simulation over shards, load, copies and hedging."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from eval.planning.drawing import new_figure, save
from eval.planning.samples import Sample
from eval.planning.simulation import FanOut, simulate
from eval.planning.tails import with_queue

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CORES = 8
SHARDS = (1, 4, 16, 64, 256)
LOADS = (0.1, 0.3, 0.5, 0.7, 0.8, 0.9)
_BASE = 64
_HEDGE = 0.95
_BASE_LOAD = 0.5


class Outcome(BaseModel):
    """One simulated setting; seconds. `expected` is what the formulas say of its p99, where they
    say anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    series: str
    shards: int
    load: float
    copies: int
    p50: float
    p99: float
    p999: float
    expected: float | None
    searches: float


@dataclass(frozen=True)
class Study:
    """Settings to simulate, around 64 shards of 8 cores that are half busy."""

    service: Sample
    queries: int
    seed: int = 0

    def run(self, tell: Callable[[str], None]) -> Iterator[Outcome]:
        for shards in SHARDS:
            tell(f"{shards} shards ...")
            yield self._outcome("shards", shards=shards)
        for load in LOADS:
            tell(f"{_BASE} shards at a load of {load:.0%} ...")
            yield self._outcome("one copy", load=load)
            yield self._outcome("two copies", load=load, copies=2)
            yield self._outcome("two copies, the shorter queue", load=load, copies=2, shorter=True)
            yield self._outcome("two copies, hedged", load=load, copies=2, hedge=True)

    def _outcome(
        self,
        series: str,
        *,
        shards: int = _BASE,
        load: float = _BASE_LOAD,
        copies: int = 1,
        shorter: bool = False,
        hedge: bool = False,
    ) -> Outcome:
        tail = with_queue(self.service, servers=CORES, load=load, service_mean=self.service.mean)
        patience = tail.quantile(_HEDGE) if hedge else None
        fan_out = FanOut(
            shards,
            rate=load * CORES * copies / self.service.mean,
            copies=copies,
            cores=CORES,
            hedge_s=patience,
            choose="shorter" if shorter else "random",
        )
        warm_up = max(self.queries // 5, 20 * CORES * copies)
        found = simulate(fan_out, self._draw, queries=self.queries, warm_up=warm_up, seed=self.seed)
        return Outcome(
            series=series,
            shards=shards,
            load=load,
            copies=copies,
            p50=found.quantile(0.5),
            p99=found.quantile(0.99),
            p999=found.quantile(0.999),
            expected=None if shorter or hedge else tail.slowest_of(shards).quantile(0.99),
            searches=found.searches,
        )

    def _draw(self, random: np.random.Generator, number: int) -> NDArray[np.float64]:
        return self.service.at(random.random(number))


def write(outcomes: Sequence[Outcome], path: Path) -> None:
    """As JSON, one outcome a line."""
    lines = ",\n".join(json.dumps(outcome.model_dump()) for outcome in outcomes)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def draw(outcomes: Sequence[Outcome], path: Path) -> None:
    """The tail against the number of shards, and against load."""
    figure, (left, right) = new_figure(2)
    shards = [outcome for outcome in outcomes if outcome.series == "shards"]
    places = [outcome.shards for outcome in shards]
    for name, style, values in (
        ("p50", "o-", [each.p50 for each in shards]),
        ("p99", "s-", [each.p99 for each in shards]),
        ("p99 by the formulas", "s:", [each.expected or 0.0 for each in shards]),
    ):
        left.plot(places, [1e3 * value for value in values], style, label=name)
    left.set_xscale("log", base=2)
    left.set_xlabel(f"shards, each of {CORES} cores, {_BASE_LOAD:.0%} busy")
    _finish(left)
    loads = [outcome for outcome in outcomes if outcome.series != "shards"]
    for series in dict.fromkeys(outcome.series for outcome in loads):
        mine = [outcome for outcome in loads if outcome.series == series]
        right.plot(
            [o.load for o in mine], [1e3 * o.p99 for o in mine], "o-", label=f"p99, {series}"
        )
    right.set_yscale("log")
    right.set_xlabel(f"load, {_BASE} shards, before hedging adds to it")
    _finish(right)
    save(figure, path)


def _finish(axis: Axes) -> None:
    axis.set_ylabel("slowest shard, ms")
    axis.legend(frameon=False, fontsize=8)
