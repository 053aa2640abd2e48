"""How to reach a Qdrant server, and how it is to keep the collections."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from core.errors import SettingsError
from qdrant.store import Quantization

Memory = Literal["cold", "cached", "pinned"]
"""Where data lies: on disk, mapped; the same, read at the start; always in memory."""
Ordering = Literal["weak", "medium", "strong"]
Consistency = int | Literal["majority", "quorum", "all"]


@dataclass(frozen=True)
class Connection:
    """The way to a server.

    Attributes:
        ca: certificates (PEM) to trust instead of the system's.
        timeout_s: what one read may take, all its tries together, seconds.
        write_timeout_s: the same of one write.
        index_wait_s: how long to wait for the server to build its indexes after a load.
        read_consistency: how many replicas have to agree on what is read; None takes any one.
        write_ordering: 'weak' lets replicas order writes on their own; 'medium' has them ordered by
            one node, elected anew where it is lost; 'strong' by one that never changes.
    """

    url: str
    api_key: str | None = field(default=None, repr=False)
    ca: Path | None = None
    grpc: bool = False
    grpc_port: int = 6334
    timeout_s: float = 5.0
    write_timeout_s: float = 30.0
    index_wait_s: float = 3600.0
    read_consistency: Consistency | None = None
    write_ordering: Ordering = "medium"


@dataclass(frozen=True)
class Layout:
    """How the server keeps a collection; None leaves it to Binocle's default or the server's.

    `shard_number` is fixed when a generation is made; all else changes in place. Raises
    SettingsError for figures that can't be.
    """

    shard_number: int | None = None
    replication_factor: int | None = None
    write_consistency_factor: int | None = None  # replicas that have written before it counts
    vectors_memory: Memory | None = None  # of the full vectors
    codes_memory: Memory | None = None  # of the quantized vectors
    graph_memory: Memory | None = None
    payload_memory: Memory | None = None
    hnsw_m: int | None = None  # links per point
    hnsw_ef_construct: int | None = None  # candidates while the graph is built
    full_scan_kb: int | None = None  # below this size vectors are compared one by one
    indexing_threshold_kb: int | None = None  # from this size on a segment gets a graph

    def __post_init__(self) -> None:
        for name in ("shard_number", "replication_factor", "write_consistency_factor"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingsError(f"{name} is {value}; it starts at 1.", field=name)
        needed, copies = self.write_consistency_factor, self.replication_factor
        if needed is not None and copies is not None and needed > copies:
            raise SettingsError(
                f"write_consistency_factor is {needed}, but there are only {copies} replicas.",
                hint="Take at most replication_factor: with more, no write ever counts.",
                field="write_consistency_factor",
            )

    @property
    def given(self) -> dict[str, int | str]:
        """The figures that are not None, by name."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@runtime_checkable
class Tunable(Protocol):
    """A store whose collections can be kept otherwise, in place."""

    def tune(
        self, collection: str, layout: Layout, quantization: Quantization | None = None
    ) -> None:
        """Raises CollectionNotFound, SettingsError and StoreError."""
        ...
