"""The latency of one search, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.planning.constants import Constants, Law
from eval.planning.fleet import Fleet, Machine
from eval.planning.samples import Sample
from eval.planning.shards import Shards
from eval.planning.tails import Tail, with_queue
from eval.planning.workload import Workload

_DRAWS = 20_000
_SEED = 20_250_101
_MICRO = 1e-6


@dataclass(frozen=True)
class Stage:
    """One stage of a search: `seconds` of `_DRAWS` searches, drawn evenly from its distribution."""

    name: str
    basis: str
    seconds: NDArray[np.float64]

    @property
    def p50(self) -> float:
        return float(np.quantile(self.seconds, 0.5))

    @property
    def p99(self) -> float:
        return float(np.quantile(self.seconds, 0.99))


@dataclass(frozen=True)
class Budget:
    """The stages in turn, and their sum.

    Stages are taken as independent, so the p99 of the sum is less than the sum of the p99s.
    """

    stages: tuple[Stage, ...]

    @property
    def whole(self) -> Stage:
        """All stages, one after the other."""
        random = np.random.default_rng(_SEED)  # the same for all plans: they can be compared
        total = np.zeros(_DRAWS)
        for stage in self.stages:
            total += random.permutation(stage.seconds)
        return Stage("all", "", total)


@dataclass(frozen=True)
class Site:
    """What the stages need to know of a plan."""

    work: Workload
    law: Law
    constants: Constants
    fleet: Fleet
    shards: Shards
    shard_machine: Machine
    service_machine: Machine

    @property
    def read(self) -> Sample:
        """One random read of a shard machine's disk."""
        return self.shard_machine.read(self.constants.read)

    @property
    def patience(self) -> float | None:
        """Seconds until another copy is asked too; None where none is."""
        return None if self.work.hedge is None else _first_copy(self).quantile(self.work.hedge)


def budget(site: Site) -> Budget:
    """Every stage of a search that the cache does not answer."""
    work, fleet, shards = site.work, site.fleet, site.shards
    speed = site.service_machine.core_speed
    inner = _assumed(fleet.assumed.inner_ms)
    merge = shards.asked * (
        fleet.assumed.call_core_us * _MICRO + work.hits * site.constants.merge_core_seconds
    )
    stages = [
        _drawn("client to service", "assumed", _assumed(fleet.assumed.client_ms)),
        Stage("embed the query", "measured, with its queue", _embedding(site)),
    ]
    if shards.asked < shards.number:
        stages.append(
            _fixed("choose the shards", "assumed", fleet.assumed.route_core_us * _MICRO / speed)
        )
    stages += [
        _drawn("service to shards", f"assumed, slowest of {shards.asked:,}", inner, shards.asked),
        Stage(
            "search the shards",
            f"measured, with its queue, slowest of {shards.asked:,}",
            shard_tail(site).slowest_of(shards.asked).at(_even()),
        ),
        _fixed("merge the answers", "measured and assumed", merge / speed),
        _drawn("fetch the payloads", "assumed and measured", _fetching(site, inner)),
    ]
    return Budget(tuple(stages))


def shard_tail(site: Site) -> Tail:
    """One shard's answer to one search: walk, reads of the disk, waiting, and a second copy."""
    tail = _first_copy(site)
    patience = site.patience
    return tail if patience is None else tail.hedged(patience)


def _first_copy(site: Site) -> Tail:
    return with_queue(
        shard_service(site),
        servers=site.shard_machine.cores,
        load=site.shards.load,
        service_mean=site.shards.thread_seconds,
    )


def shard_service(site: Site) -> Sample:
    """One search in one shard, nobody else there: the walk and, one by one, its reads."""
    shards = site.shards
    walk = site.law.latency(shards.points, site.work.graph_dim)
    walk = walk.scaled(1 / site.shard_machine.core_speed)
    reading = shards.reads * site.read.mean
    return Sample(
        calls=walk.calls,
        mean=walk.mean + reading,
        quantiles=tuple(second + reading for second in walk.quantiles),
    )


def _embedding(site: Site) -> NDArray[np.float64]:
    work, constants, machine = site.work, site.constants, site.service_machine
    photo = constants.image_decode_core_seconds + constants.image_encode_core_seconds
    mean = (1 - work.photos) * constants.text_encode.mean + work.photos * photo
    ways = []
    for share, sample in ((1 - work.photos, constants.text_encode), (work.photos, None)):
        if share == 0:
            continue
        service = (sample or Sample.between(photo, 2 * photo)).scaled(1 / machine.core_speed)
        tail = with_queue(
            service, servers=machine.cores, load=work.busy, service_mean=mean / machine.core_speed
        )
        ways.append(tail.at(_even(max(round(share * _DRAWS), 1))))
    return np.resize(np.sort(np.concatenate(ways)), _DRAWS)


def _fetching(site: Site, inner: Sample) -> Sample:
    read = site.read
    return Sample.between(inner.p50 + read.p50, inner.p99 + read.p99)


def _even(number: int = _DRAWS) -> NDArray[np.float64]:
    return (np.arange(number) + 0.5) / number


def _drawn(name: str, basis: str, sample: Sample, slowest_of: int = 1) -> Stage:
    return Stage(name, basis, sample.at(_even() ** (1 / slowest_of)))


def _fixed(name: str, basis: str, seconds: float) -> Stage:
    return Stage(name, basis, np.full(_DRAWS, seconds))


def _assumed(milliseconds: Sequence[float]) -> Sample:
    return Sample.between(milliseconds[0] / 1000, milliseconds[1] / 1000)
