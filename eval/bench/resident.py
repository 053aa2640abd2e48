"""What a process holds in memory, by what it is for (Linux: /proc/self/smaps)."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import SettingsError
from qdrant.edge_trial import ShardFiles

_SMAPS = Path("/proc/self/smaps")
_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+ *(.*)")
_HEAP = "heap"


def resident(files: ShardFiles) -> dict[str, int]:
    """Resident bytes of this process: `files` by what they hold, "heap" for memory
    of no file, "program" for all other files.

    Raises SettingsError where the system doesn't tell.
    """
    if not _SMAPS.exists():
        raise SettingsError(
            "This system doesn't tell what a process holds in memory (/proc/self/smaps).",
            hint="Measure memory on Linux.",
        )
    found: dict[str, int] = {}
    kind = _HEAP
    for line in _SMAPS.read_text().splitlines():
        mapping = _MAPPING.fullmatch(line)
        if mapping is not None:
            kind = _kind(mapping[1], files)
        elif line.startswith("Rss:"):
            found[kind] = found.get(kind, 0) + int(line.split()[1]) * 1024
    return found


def _kind(path: str, files: ShardFiles) -> str:
    if not path or path.startswith("["):
        return _HEAP
    return files.holding(path) if path.startswith(str(files.folder)) else "program"
