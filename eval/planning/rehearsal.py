"""A plan's fan-out, simulated: its shards at their load, with the services that were measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.planning.budget import shard_service, shard_tail
from eval.planning.plan import Plan
from eval.planning.simulation import FanOut, Simulated, simulate

MOST_SHARDS = 256
_COPIES = 2
_WARM_UP = 4.0
"""Queries before counting begins, for each that is under way at any time."""


@dataclass(frozen=True)
class Rehearsal:
    """What the simulation found for the slowest shard, beside what the plan said of it."""

    fan_out: FanOut
    found: Simulated
    expected_p50: float
    expected_p99: float


def rehearse(plan: Plan, *, queries: int = 1_000, seed: int = 0) -> Rehearsal:
    """Simulates the search of the shards, at most MOST_SHARDS of them and two copies of each: a
    copy's load is what counts, and the formulas are asked for the same number."""
    site, shards = plan.site, plan.shards
    cores = site.shard_machine.cores
    copies = min(shards.copies, _COPIES)
    number = min(shards.asked, MOST_SHARDS)
    again = 0.0 if plan.work.hedge is None else 1 - plan.work.hedge
    rate = shards.load * cores * copies / shards.thread_seconds / (1 + again)
    service = shard_service(site)
    tail = shard_tail(site)
    fan_out = FanOut(number, rate=rate, copies=copies, cores=cores, hedge_s=site.patience)

    def draw(random: np.random.Generator, wanted: int) -> NDArray[np.float64]:
        return service.at(random.random(wanted))

    warm_up = int(_WARM_UP * cores * copies * shards.load) + 1
    found = simulate(fan_out, draw, queries=queries, warm_up=warm_up, seed=seed)
    slowest = tail.slowest_of(number)
    return Rehearsal(fan_out, found, slowest.quantile(0.5), slowest.quantile(0.99))
