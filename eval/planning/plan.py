"""The plan: machines, network, time to load, money, and latency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from eval.planning.budget import Budget, Site, budget
from eval.planning.constants import Constants, Law
from eval.planning.fleet import Fleet, Machine, Use
from eval.planning.shards import Shards, lay_out
from eval.planning.workload import Workload

_FLOAT_BYTES = 4
_HIT_BYTES = 40
"""Id, score and framing of one hit in a shard's answer."""
_REQUEST_BYTES = 400
_BITS = 8


@dataclass(frozen=True)
class Network:
    """Bits per second at the busiest time."""

    to_shards: float
    from_shards: float
    to_clients: float
    of_updates: float
    busiest_shard: float
    busiest_service: float


@dataclass(frozen=True)
class Loading:
    """The first load.

    Attributes:
        encoders: machines that embed, so that it is done in the time allowed.
        seconds: from the first image to the last one that is searchable.
        index_seconds: what the shards need for writing and building the graphs.
        cost: of the encoder machines, once.
    """

    encoders: int
    seconds: float
    index_seconds: float
    cost: float


@dataclass(frozen=True)
class Plan:
    """Everything that follows from a workload, on one kind of shard machine."""

    work: Workload
    machine: str
    service_machine: str
    encoder_machine: str
    shards: Shards
    services: int
    encoders: int
    network: Network
    loading: Loading
    monthly: dict[str, float]
    site: Site

    @cached_property
    def budget(self) -> Budget:
        """The latency of a search, stage by stage."""
        return budget(self.site)

    @property
    def cost(self) -> float:
        """Per month."""
        return sum(self.monthly.values())

    @property
    def memory(self) -> float:
        """Bytes of all copies."""
        return self.work.images * self.shards.bytes.in_memory * self.shards.copies

    @property
    def disk(self) -> float:
        """Bytes of all copies, without room for rewriting."""
        return self.work.images * self.shards.bytes.on_disk * self.shards.copies

    @property
    def fast_enough(self) -> bool:
        return self.budget.whole.p99 <= self.work.p99_s


def plan(
    work: Workload,
    constants: Constants,
    fleet: Fleet,
    *,
    shard_machine: str | None = None,
    service_machine: str | None = None,
    encoder_machine: str | None = None,
) -> Plan:
    """The cheapest plan that is fast enough, over the kinds of shard machines not given; where none
    is fast enough, the cheapest. Raises InvalidRequest and SettingsError."""
    law = constants.law(work.quantization, rescore=work.rescore)
    names = [shard_machine] if shard_machine else fleet.named("shard")
    service = service_machine or _cheapest_core(fleet, "service")
    encoder = encoder_machine or _cheapest_core(fleet, "encoder")
    plans = [_plan(work, constants, fleet, law, (name, service, encoder)) for name in names]
    if len(plans) == 1:
        return plans[0]
    return min(plans, key=lambda each: (not each.fast_enough, each.cost))


def _plan(
    work: Workload, constants: Constants, fleet: Fleet, law: Law, names: tuple[str, str, str]
) -> Plan:
    machine = fleet.machine(names[0], "shard")
    service = fleet.machine(names[1], "service")
    encoder = fleet.machine(names[2], "encoder")
    shards = lay_out(work, law, machine, fleet, machine.read(constants.read).mean)
    services = _services(work, constants, fleet, service, shards)
    encoders = _encoders(work, constants, encoder)
    site = Site(work, law, constants, fleet, shards, machine, service)
    return Plan(
        work=work,
        machine=names[0],
        service_machine=names[1],
        encoder_machine=names[2],
        shards=shards,
        services=services,
        encoders=encoders,
        network=_network(work, shards, services),
        loading=_loading(work, constants, fleet, law, shards, machine, encoder),
        monthly={
            "shards": shards.machines * _month(fleet, machine),
            "services": services * _month(fleet, service),
            "encoders": encoders * _month(fleet, encoder),
            "snapshots": _snapshot_bytes(work) / 1e12 * fleet.snapshot_per_tb_month,
        },
        site=site,
    )


def _services(
    work: Workload, constants: Constants, fleet: Fleet, machine: Machine, shards: Shards
) -> int:
    """Machines that take requests, embed queries, ask the shards and merge; at least one for each
    copy, so that one can be lost."""
    photo = constants.image_decode_core_seconds + constants.image_encode_core_seconds
    embed = (1 - work.photos) * constants.text_encode.mean + work.photos * photo
    each = fleet.assumed.call_core_us * 1e-6 + work.hits * constants.merge_core_seconds
    cores = work.searched_qps * (embed + shards.asked * each) / machine.core_speed
    return max(work.copies, _machines(cores, machine, work.busy))


def _encoders(work: Workload, constants: Constants, machine: Machine) -> int:
    cores = work.update_rate * _embedding(constants) / machine.core_speed
    return _machines(cores, machine, work.busy)


def _embedding(constants: Constants) -> float:
    return constants.image_decode_core_seconds + constants.image_encode_core_seconds


def _loading(
    work: Workload,
    constants: Constants,
    fleet: Fleet,
    law: Law,
    shards: Shards,
    machine: Machine,
    encoder: Machine,
) -> Loading:
    """Encoders work at full load; each copy of a shard writes and indexes for itself meanwhile, and
    what it has not indexed by then it indexes after."""
    core_seconds = work.images * _embedding(constants) / encoder.core_speed
    encoders = max(1, math.ceil(core_seconds / encoder.cores / work.load_s - 1e-9))
    embedding = core_seconds / encoder.cores / encoders
    build = law.build_core_seconds(shards.points, work.graph_dim) / machine.core_speed
    index = shards.points * build * fleet.assumed.reindexing / machine.cores
    return Loading(
        encoders=encoders,
        seconds=max(embedding, index),
        index_seconds=index,
        cost=encoders * embedding / 3600 * encoder.hour,
    )


def _network(work: Workload, shards: Shards, services: int) -> Network:
    calls = work.searched_qps * shards.asked
    ask = work.dim * _FLOAT_BYTES + _REQUEST_BYTES
    answer = _REQUEST_BYTES + work.hits * _HIT_BYTES
    page = _REQUEST_BYTES + work.hits * work.payload_bytes
    point = work.dim * _FLOAT_BYTES + work.payload_bytes
    updates = work.update_rate * (work.image_bytes + point * shards.copies)
    clients = work.qps * (page + work.photos * work.image_bytes)
    inner = calls * (ask + answer)
    return Network(
        to_shards=calls * ask * _BITS,
        from_shards=calls * answer * _BITS,
        to_clients=clients * _BITS,
        of_updates=updates * _BITS,
        busiest_shard=(inner / shards.machines + work.update_rate * point / shards.number) * _BITS,
        busiest_service=(inner + clients) / services * _BITS,
    )


def _snapshot_bytes(work: Workload) -> float:
    """Full vectors and payloads once: codes and graphs can be computed again from them."""
    return work.images * (work.dim * _FLOAT_BYTES + work.payload_bytes)


def _machines(cores: float, machine: Machine, busy: float) -> int:
    return math.ceil(cores / (machine.cores * busy) - 1e-9)


def _month(fleet: Fleet, machine: Machine) -> float:
    return machine.hour * fleet.hours_per_month


def _cheapest_core(fleet: Fleet, use: Use) -> str:
    names = fleet.named(use)
    return min(
        names,
        key=lambda name: (
            fleet.machines[name].hour / fleet.machines[name].cores / fleet.machines[name].core_speed
        ),
    )
