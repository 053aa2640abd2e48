"""How a load goes, and how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from core.errors import BinocleError, SyncRefused, TooManyRejects


@dataclass(frozen=True)
class LoadProgress:
    """A load at a moment. read >= indexed + renewed + unchanged + rejected, equal at the end."""

    read: int
    indexed: int
    unchanged: int
    rejected: int
    total: int | None  # entries in the source, where known
    seconds: float
    renewed: int = 0  # the image was the same: no encoding
    stopping: bool = False  # after Ctrl-C: what was read is still finished

    @property
    def done(self) -> int:
        """Entries that are settled, one way or another."""
        return self.indexed + self.renewed + self.unchanged + self.rejected


OnProgress: TypeAlias = Callable[[LoadProgress], None]
"""Called a few times a second from the thread that called `load`, and once at the end."""


@dataclass(frozen=True)
class LoadReport:
    """What a load did.

    Attributes:
        rejects_by_kind: number of rejections by `Rejection.kind`, most frequent first.
        rejects_path: the file that names each of them; None when there are none.
        seconds: from start to end.
        stage_seconds: work by stage ('read', 'fetch', 'renew', 'decode', 'encode', 'write'), summed
            over its threads.
        interrupted: it was stopped before the end of the source. What was loaded is kept; the same
            load goes on from there.
        failure: what ended the load early, if something did. What was loaded before is kept.
        notes: what a person should know of how the source was understood.
        renewed: items whose fields changed and whose image did not: no encoding.
        deleted: items that the source does not have any more.
        over_limit: it was stopped because more had changed than it was allowed to write.
    """

    read: int
    indexed: int
    unchanged: int
    rejected: int
    seconds: float
    rejects_by_kind: Mapping[str, int] = field(default_factory=dict)
    rejects_path: Path | None = None
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    interrupted: bool = False
    failure: BinocleError | None = None
    notes: tuple[str, ...] = ()
    renewed: int = 0
    deleted: int = 0
    over_limit: bool = False

    @property
    def complete(self) -> bool:
        """Whether the source was read to its end and nothing failed; there may be rejects."""
        return not self.interrupted and self.failure is None

    @property
    def read_whole(self) -> bool:
        """Whether the source was read to its end, and at most the end result was refused."""
        refused = isinstance(self.failure, SyncRefused | TooManyRejects)
        return not self.interrupted and (self.failure is None or refused)

    @property
    def items_per_second(self) -> float:
        return self.indexed / self.seconds if self.seconds else 0.0
