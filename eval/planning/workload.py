"""What is asked of a plan."""

from __future__ import annotations

from dataclasses import dataclass, fields

from core.errors import InvalidRequest
from eval.planning.quantities import SECONDS_PER_DAY
from qdrant.store import Quantization


@dataclass(frozen=True)
class Workload:
    """The collection, its traffic, and how it is to be kept.

    Attributes:
        images: points in the collection.
        dim: dimensions of the full vectors, float32 on disk.
        first_dim: dimensions of the nested vector that codes and graph hold; None is `dim`. The
            full vectors then rescore.
        rescore: read the full vectors of the best candidates of each shard.
        in_memory: full vectors in memory rather than on disk.
        graph_on_disk: links are read from the disk as a search walks them.
        qps: searches per second at the busiest time.
        p99_s: the latency wanted at the 99th percentile, seconds.
        hits: results on one page.
        photos: share of the queries that bring a photo instead of words.
        cached: share of the queries that are answered from a cache of answers.
        asked: share of the shards that one query is sent to; less than 1 takes a routing step.
        update_rate: images added or changed, per second.
        payload_bytes, image_bytes: of one image's metadata, and of its file.
        copies: least number of copies of each shard.
        busy: share of its time that a core may be busy at the busiest time.
        hedge: share of the shards' answers that are waited for before another copy is asked too;
            None never asks twice.
        recovery_s: how long a lost machine's index may take to be built again, seconds.
        load_s: how long the first load may take, seconds.
    """

    images: float
    qps: float = 10.0
    p99_s: float = 0.1
    dim: int = 256
    quantization: Quantization = "int8"
    first_dim: int | None = None
    rescore: bool = True
    in_memory: bool = False
    graph_on_disk: bool = False
    hits: int = 20
    photos: float = 0.0
    cached: float = 0.0
    asked: float = 1.0
    update_rate: float = 0.0
    payload_bytes: float = 600.0
    image_bytes: float = 200e3
    copies: int = 2
    busy: float = 0.5
    hedge: float | None = None
    recovery_s: float = SECONDS_PER_DAY
    load_s: float = 30 * SECONDS_PER_DAY

    def __post_init__(self) -> None:
        """Raises InvalidRequest for what can't be."""
        for name in ("images", "p99_s", "recovery_s", "load_s", "hits", "copies", "dim"):
            if not getattr(self, name) > 0:
                raise _refused(name, getattr(self, name), "It has to be more than 0.")
        for name in ("busy", "asked"):
            if not 0 < getattr(self, name) <= 1:
                raise _refused(name, getattr(self, name), "It is a share above 0, at most 1.")
        if self.busy >= 1:
            raise _refused("busy", self.busy, "At 1 the queues never end; take 0.5 or 0.6.")
        if not 0 <= self.photos <= 1:
            raise _refused("photos", self.photos, "It is a share from 0 to 1.")
        if not 0 <= self.cached < 1:
            raise _refused("cached", self.cached, "It is a share from 0 to below 1.")
        self._check_hedge()
        self._check_first_dim()

    def _check_hedge(self) -> None:
        if self.hedge is None:
            return
        if not 0 < self.hedge < 1:
            raise _refused("hedge", self.hedge, "It is a share between 0 and 1, such as 0.95.")
        if self.copies < 2:
            raise _refused("hedge", self.hedge, "Asking another copy takes --copies 2 or more.")

    def _check_first_dim(self) -> None:
        if self.first_dim is None:
            return
        if not 0 < self.first_dim <= self.dim:
            raise _refused("first_dim", self.first_dim, f"It is between 1 and --dim {self.dim}.")
        if self.first_dim < self.dim and not self.rescore:
            raise _refused("first_dim", self.first_dim, "Shorter vectors need rescoring.")
        if self.first_dim < self.dim and self.quantization == "none":
            raise _refused(
                "first_dim", self.first_dim, "Without quantization the graph holds full vectors."
            )

    @property
    def graph_dim(self) -> int:
        """Dimensions that codes and graph work with."""
        return self.first_dim or self.dim

    @property
    def searched_qps(self) -> float:
        """Searches that reach the shards, per second."""
        return self.qps * (1 - self.cached)

    @property
    def reads_originals(self) -> bool:
        """Whether a search reads full vectors from the disk."""
        return self.rescore and not self.in_memory and self.quantization != "none"

    @classmethod
    def names(cls) -> list[str]:
        return [each.name for each in fields(cls)]


def _refused(name: str, value: object, hint: str) -> InvalidRequest:
    return InvalidRequest(
        f"--{name.replace('_', '-').removesuffix('-s')} is {value}.", hint=hint, field=name
    )
