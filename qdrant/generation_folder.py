"""The folder of one generation: its configuration, what is known of it, and the engine's shard.

g000001/config.json   written last when it is created: without it there is no generation
        facts.json    counts, so that other processes can tell them without opening the shard
        lock, owner.json
        shard/        the engine's own
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import StorageFull, StoreError
from qdrant.config_json import config_as_json, config_from_json
from qdrant.pointer import write_atomically
from qdrant.store import CollectionConfig

SPARE_BYTES = 256 * 2**20
"""Disk that writing leaves free, so that what was written can be opened again."""
OPENING_BYTES = 128 * 2**20
"""Disk that opening may take: the engine lays out a new segment and log ahead of their use."""
_BLOCK = 512  # bytes of a block in st_blocks, by POSIX


@dataclass(frozen=True)
class Facts:
    """What the owner last said of a generation."""

    count: int
    graphed: int  # points in the graph of their vectors
    as_of: str  # ISO 8601, UTC
    closed: bool  # by its owner, properly: then the counts still hold


@dataclass(frozen=True)
class GenerationFolder:
    """Paths and small files of the generation in `path`."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def shard(self) -> Path:
        return self.path / "shard"

    @property
    def complete(self) -> bool:
        """Whether its creation came to its end."""
        return (self.path / "config.json").is_file()

    def write_config(self, config: CollectionConfig) -> None:
        write_atomically(self.path / "config.json", config_as_json(config), durable=True)

    def read_config(self) -> CollectionConfig:
        """Raises StoreError where the file is damaged or of a later format."""
        path = self.path / "config.json"
        try:
            return config_from_json(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path} can't be read: {error!r}.") from error

    def write_facts(self, *, count: int, graphed: int, closed: bool) -> None:
        facts = Facts(count, graphed, datetime.now(UTC).isoformat(), closed)
        write_atomically(self.path / "facts.json", asdict(facts), durable=False)

    def read_facts(self) -> Facts | None:
        """None where there are none, or they were lost to a crash."""
        try:
            return Facts(**json.loads((self.path / "facts.json").read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def check_space(self, needed: int, *, opening: bool = False) -> None:
        """Raise StorageFull unless `needed` bytes fit on the disk with some to spare.

        The engine writes into mapped files; where those can't grow the system kills the process
        (SIGBUS) and no error is raised. So we stop before that.
        """
        required = needed + (OPENING_BYTES if opening else SPARE_BYTES)
        free = shutil.disk_usage(self.path).free
        if free < required:
            raise StorageFull(
                f"The disk has {free // 2**20:,} MiB left; "
                f"{'opening a collection' if opening else 'writing'} needs "
                f"{-(-required // 2**20):,} MiB.",
                hint="Free some space and run it again; what was written before is safe.",
            )

    def bytes_on_disk(self) -> int:
        """Bytes allocated: the engine's log and others are sparse files, larger than that."""
        return sum(_allocated(path) for path in self.path.rglob("*"))

    def index_bytes(self) -> int:
        """Bytes allocated by the indexes, of vectors and of fields."""
        indexes = [*self.shard.glob("segments/*/payload_index"),
                   *self.shard.glob("segments/*/vector_index*")]  # fmt: skip
        return sum(_allocated(path) for index in indexes for path in index.rglob("*"))


def _allocated(path: Path) -> int:
    try:
        status = os.lstat(path)
    except OSError:  # removed by the engine since it was listed
        return 0
    blocks = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else blocks * _BLOCK
