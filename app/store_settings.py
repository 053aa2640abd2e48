"""Settings of the embedded store, BINOCLE_EMBEDDED__..., and of a Qdrant server,
BINOCLE_SERVER__..., which is used where BINOCLE_STORE is a URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from qdrant.graph import SEGMENT_POINTS
from qdrant.server_options import Memory, Ordering


class EmbeddedSettings(BaseModel):
    """How the embedded store keeps new generations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segment_points: int = Field(
        default=SEGMENT_POINTS,
        ge=10_000,
        description="Items of a part of the index, at most. More take a load more memory, some "
        "3 kB each while their graph is built, and make searches of millions faster: each part is "
        "searched.",
    )


class ServerSettings(BaseModel):
    """The way to a Qdrant server, and how it keeps new generations. Unset: Qdrant's own default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretStr | None = Field(default=None, description="API key of the server.")
    ca: Path | None = Field(
        default=None, description="Certificates (PEM) to trust instead of the system's, for https."
    )
    grpc: bool = Field(default=False, description="Speak gRPC instead of REST.")
    grpc_port: int = Field(default=6334, ge=1, le=65535, description="Port of gRPC.")
    timeout_seconds: float = Field(
        default=5.0, gt=0, description="Time for one read with all its tries, in seconds."
    )
    write_timeout_seconds: float = Field(
        default=30.0, gt=0, description="Time for one write with all its tries, in seconds."
    )
    index_wait_seconds: float = Field(
        default=3600.0,
        gt=0,
        description="How long a load waits for the server to build its indexes, in seconds.",
    )
    read_consistency: str | None = Field(
        default=None,
        pattern=r"^(majority|quorum|all|[1-9]\d{0,3})$",
        description="Replicas that have to agree on what is read: a number, 'majority', 'quorum' "
        "or 'all'. Unset: any one.",
    )
    write_ordering: Ordering = Field(
        default="medium",
        description="Who orders writes to one item: 'weak', 'medium' or 'strong'.",
    )
    shard_number: int | None = Field(
        default=None, ge=1, description="Shards of a new generation; fixed once it is made."
    )
    replication_factor: int | None = Field(
        default=None, ge=1, description="Copies of each shard, on different nodes."
    )
    write_consistency_factor: int | None = Field(
        default=None, ge=1, description="Copies that have written before a write counts."
    )
    vectors_memory: Memory | None = Field(
        default=None,
        description="Full vectors: 'cold' (on disk), 'cached' or 'pinned'. Unset: cold beside "
        "quantized ones, else cached.",
    )
    codes_memory: Memory | None = Field(
        default=None, description="Quantized vectors. Unset: pinned, in memory."
    )
    graph_memory: Memory | None = Field(default=None, description="The graph of the index.")
    payload_memory: Memory | None = Field(default=None, description="Payloads. Unset: cold.")
    hnsw_m: int | None = Field(default=None, ge=2, le=512, description="Links per point.")
    hnsw_ef_construct: int | None = Field(
        default=None, ge=4, le=10_000, description="Candidates while the graph is built."
    )
    full_scan_kb: int | None = Field(
        default=None,
        ge=10,
        description="Vectors below this size that pass a filter are compared one by one, in kB.",
    )
    indexing_threshold_kb: int | None = Field(
        default=None, ge=0, description="Segments from this size on get a graph, in kB."
    )

    def figures(self) -> dict[str, Any]:
        """What is given of how collections are kept, by the names of qdrant.server_options."""
        ways = {"api_key", "ca", "grpc", "grpc_port", "read_consistency", "write_ordering"}
        return {
            name: value
            for name, value in self
            if value is not None and name not in ways and not name.endswith("_seconds")
        }
