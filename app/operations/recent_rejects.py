"""The latest rejects files: what bulk loads into this data directory could not load."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILES = 10
"""Files that are looked at, the latest first."""
_BYTES = 5_000_000
"""Of each file; counts of a larger one are of its beginning."""
_EXAMPLES = 3


@dataclass(frozen=True)
class RejectsSummary:
    """What one load rejected.

    Attributes:
        at: when the file was last written, UTC.
        rejected: entries; those of the beginning where `whole` is False.
        kinds: how many of them by kind, most frequent first.
        examples: up to three, each {row, id, field, reason}.
    """

    file: str
    collection: str
    at: datetime
    rejected: int
    whole: bool
    kinds: dict[str, int] = field(default_factory=dict)
    examples: tuple[dict[str, Any], ...] = ()


def recent_rejects(folder: Path, most: int = FILES) -> list[RejectsSummary]:
    """Of the latest files in `folder`, the latest first; [] where there is no such folder."""
    try:
        files = [(path.stat().st_mtime, path) for path in folder.glob("*.jsonl")]
    except OSError:
        return []
    return [_summary(path, at) for at, path in sorted(files, reverse=True)[:most]]


def _summary(path: Path, at: float) -> RejectsSummary:
    kinds: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    with path.open("rb") as stream:
        whole = path.stat().st_size <= _BYTES
        for line in stream.read(_BYTES).splitlines():
            try:
                entry = json.loads(line)
                kinds[str(entry["kind"])] += 1
            except (ValueError, KeyError, TypeError):
                continue  # the line that the limit cut, or one that is being written
            if len(examples) < _EXAMPLES:
                names = ("row", "id", "field", "reason")
                examples.append({name: entry.get(name) for name in names})
    return RejectsSummary(
        file=path.name,
        collection=path.stem.rpartition("-")[0],
        at=datetime.fromtimestamp(at, UTC),
        rejected=kinds.total(),
        whole=whole,
        kinds=dict(kinds.most_common()),
        examples=tuple(examples),
    )
