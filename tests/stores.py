"""Folders for embedded stores, and a second process that uses one."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 2**30  # containers give it 64 MiB, less than the store keeps free
_REPOSITORY = Path(__file__).parent.parent
_PRELUDE = """
import os, sys
from pathlib import Path
from qdrant.edge import EdgeStore
from tests.contract.samples import config, numbered
store = EdgeStore(Path(sys.argv[1]), role="serve")
"""


@contextmanager
def store_root() -> Iterator[Path]:
    """A path for a store, in memory where the system has a place there.

    The engine syncs some sixty files for a new shard, which takes seconds on a busy disk.
    """
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with tempfile.TemporaryDirectory(dir=_MEMORY if roomy else None) as folder:
        yield Path(folder) / "collections"


@contextmanager
def other_process(root: Path, script: str) -> Iterator[subprocess.Popen[str]]:
    """Another process with `store` on `root` that runs `script`; killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PRELUDE + script, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_REPOSITORY,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
