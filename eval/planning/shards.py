"""How many shards and copies a workload takes on one kind of machine."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import InvalidRequest
from eval.planning.constants import Law
from eval.planning.fleet import Fleet, Machine
from eval.planning.workload import Workload
from qdrant.graph import OVERSAMPLING, SEARCH_EF

_FLOAT_BYTES = 4
_MOST_POINTS = float(2**32)
"""The engine numbers the points of a segment by 32 bits."""
_WRITES_AT_MOST = 0.5
"""Of the processor time that a machine may use, the share that writing may take."""


@dataclass(frozen=True)
class Bytes:
    """One point's memory and disk in one copy, by what it is for."""

    memory: dict[str, float]
    disk: dict[str, float]

    @property
    def in_memory(self) -> float:
        return sum(self.memory.values())

    @property
    def on_disk(self) -> float:
        return sum(self.disk.values())


@dataclass(frozen=True)
class Shards:
    """The layout, and what decided it.

    Attributes:
        number: shards of one copy, one on each machine.
        bound_by: what made the number of shards as large as it is.
        copies: of each shard.
        copied_for: what made the number of copies as large as it is.
        asked: shards that one query is sent to.
        core_seconds: processor time of one search in one shard.
        thread_seconds: for how long it holds one of the shard's threads, of which there is one for
            each core: its processor time and its reads of the disk, which the engine waits for.
        load: share of its time that a thread of a shard machine is held, by searches and writes.
        reads: random reads of the disk for one search in one shard.
    """

    number: int
    bound_by: str
    copies: int
    copied_for: str
    points: float
    bytes: Bytes
    asked: int
    core_seconds: float
    thread_seconds: float
    write_cores: float
    load: float
    reads: float

    @property
    def machines(self) -> int:
        return self.number * self.copies


def bytes_of_point(work: Workload, law: Law, points: float) -> Bytes:
    """Memory and disk of one of `points` points."""
    originals = work.dim * _FLOAT_BYTES
    codes = law.code_bytes(work.graph_dim)
    graph = law.graph_bytes(points)
    memory = {"codes": codes, "graph": 0.0 if work.graph_on_disk else graph}
    memory["ids and the rest"] = law.heap_bytes()
    if work.in_memory or work.quantization == "none":
        memory["full vectors"] = originals
    disk = {
        "full vectors": originals,
        "codes": codes,
        "graph": graph,
        "payload": work.payload_bytes,
        "ids and indexes": law.ids_bytes(),
    }
    return Bytes(memory, disk)


def lay_out(work: Workload, law: Law, machine: Machine, fleet: Fleet, read_s: float) -> Shards:
    """The fewest shards and copies; `read_s` is what one random read of the disk takes.

    Raises InvalidRequest where not even one point fits on such a machine.
    """
    number, bound_by = _shards(work, law, machine, fleet)
    points = work.images / number
    asked = max(1, math.ceil(number * work.asked - 1e-9))
    speed = machine.core_speed
    search = law.search_core_seconds(points, work.graph_dim) / speed
    search += fleet.assumed.shard_call_core_us * 1e-6
    again = 0.0 if work.hedge is None else 1 - work.hedge
    searches = work.searched_qps * asked / number * (1 + again)  # in one shard, all copies
    writes = _write_cores(work, law, machine, fleet, number)
    free = machine.cores * work.busy - writes
    reads = reads_of_search(work)
    held = search + reads * read_s
    wanted = {
        "safety": work.copies,
        "searches": math.ceil(searches * held / free - 1e-9),
        "reads of the disk": math.ceil(searches * reads / (machine.reads_per_second * work.busy)),
    }
    copied_for = max(wanted, key=lambda name: wanted[name])
    copies = wanted[copied_for]
    return Shards(
        number=number,
        bound_by=bound_by,
        copies=copies,
        copied_for=copied_for,
        points=points,
        bytes=bytes_of_point(work, law, points),
        asked=asked,
        core_seconds=search,
        thread_seconds=held,
        write_cores=writes,
        load=(searches * held / copies + writes) / machine.cores,
        reads=reads,
    )


def reads_of_search(work: Workload) -> float:
    """Random reads of the disk that one search takes in one shard, if nothing is cached."""
    rescored = 0.0
    if work.reads_originals and work.quantization != "none":
        rescored = work.hits * OVERSAMPLING[work.quantization]
    return rescored + (SEARCH_EF if work.graph_on_disk else 0)


def _shards(work: Workload, law: Law, machine: Machine, fleet: Fleet) -> tuple[int, str]:
    assumed = fleet.assumed
    limits: dict[str, Callable[[float], float]] = {
        "memory": lambda points: (
            points
            * bytes_of_point(work, law, points).in_memory
            / (machine.memory * assumed.used_memory)
        ),
        "disk": lambda points: (
            points
            * bytes_of_point(work, law, points).on_disk
            * assumed.rewriting
            / (machine.disk * assumed.used_disk)
        ),
        "building it again": lambda points: (
            points
            * law.build_core_seconds(points, work.graph_dim)
            / (machine.cores * machine.core_speed * work.recovery_s)
        ),
        "the engine's numbers": lambda points: points / _MOST_POINTS,
    }
    most = {name: _most_points(share) for name, share in limits.items()}
    numbers = {name: max(1, math.ceil(work.images / most[name] - 1e-9)) for name in limits}
    numbers["writes"] = _shards_for_writes(work, law, machine, fleet, min(most.values()))
    bound_by = max(numbers, key=lambda name: numbers[name])
    return numbers[bound_by], bound_by


def _most_points(share: Callable[[float], float]) -> float:
    """The most points whose share of a limit is at most 1; the share grows with the points."""
    low, high = 0.0, 1e15
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) <= 1 else (low, middle)
    if low < 1:
        raise InvalidRequest(
            "Not even one point fits on such a machine.", hint="Take a larger machine."
        )
    return low


def _shards_for_writes(
    work: Workload, law: Law, machine: Machine, fleet: Fleet, points: float
) -> int:
    """Each shard takes its part of the writes, in the half of its time that they may have."""
    cost = law.build_core_seconds(min(points, work.images), work.graph_dim)
    cores = work.update_rate * cost * fleet.assumed.reindexing / machine.core_speed
    return max(1, math.ceil(cores / (machine.cores * work.busy * _WRITES_AT_MOST) - 1e-9))


def _write_cores(work: Workload, law: Law, machine: Machine, fleet: Fleet, number: int) -> float:
    """Cores of each machine that writing keeps busy: every copy indexes for itself."""
    cost = law.build_core_seconds(work.images / number, work.graph_dim)
    return work.update_rate / number * cost * fleet.assumed.reindexing / machine.core_speed
