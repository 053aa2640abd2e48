"""A catalog on standard input: kept in a temporary file, as sources are read more than once."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path

from core.disk import disk_errors
from core.errors import SourceError
from ingestion.sources.place import Place

STANDARD_INPUT = "-"


def spooled(ending: str) -> Place:
    """All of standard input; relative names in it are below the present folder.

    Raises SourceError where `ending`, such as '.csv', does not say what it is, and StorageFull
    where the folder for temporary files is full.
    """
    if not ending:
        raise SourceError(
            "What comes on standard input needs a format.", hint="Add --format csv, or jsonl, ..."
        )
    with (
        disk_errors(),
        tempfile.NamedTemporaryFile(prefix="binocle-input-", delete=False) as kept,
    ):
        atexit.register(Path(kept.name).unlink, missing_ok=True)
        shutil.copyfileobj(sys.stdin.buffer, kept)
    return Place(kept.name, ending, "standard input", Path.cwd())
