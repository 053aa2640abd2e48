"""What could not be loaded, and why: one JSON object a line, written as it comes."""

from __future__ import annotations

import base64
import json
import math
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from core.disk import disk_errors
from core.errors import BinocleError, ImageTooLarge, ImageUnreadable, TooManyRejects

DUPLICATE_ID = "duplicate-id"
MALFORMED_ROW = "malformed-row"

_OF_IMAGES = (ImageUnreadable, ImageTooLarge)
_KEPT_BYTES = 2**20
"""Largest image that a rejection carries itself."""


@dataclass(frozen=True)
class Rejection:
    """One entry of a source, or one item, that was not indexed.

    Attributes:
        reason: for a person.
        kind: for counting: an error's code, 'duplicate-id' or 'malformed-row'.
        row: where in the source, from 1: the line for CSV and JSONL, the row for Parquet, the
            file's place in the sorted list for a folder. None outside a load.
        id: the item's id, where it got as far as having one.
        field: the field concerned, where there is one.
        source: the file that the entry is in.
        record: the entry as its source gives it, to be mended and replayed; None where it is no
            record, such as a line that is broken.
        raw: the start of an entry that is no record.
    """

    reason: str
    kind: str
    row: int | None = None
    id: str | None = None
    field: str | None = None
    source: str | None = None
    record: Mapping[str, Any] | None = None
    raw: str | None = None

    @classmethod
    def of(
        cls,
        error: BinocleError,
        *,
        row: int | None = None,
        id: str | None = None,
        source: str | None = None,
        record: Mapping[str, Any] | None = None,
    ) -> Rejection:
        field = error.field or ("image" if isinstance(error, _OF_IMAGES) else None)
        return cls(str(error), error.code, row, id, field, source, record)


class RejectsFile:
    """Appends rejections to a JSONL file, which exists only if there are some; counts by kind.

    Safe to call from several threads. Raises StorageFull when the disk is.

    Args:
        beside: a file that is written when the first rejection is, with what it is to hold.
    """

    def __init__(self, path: Path | None, beside: tuple[Path, str] | None = None) -> None:
        self._path = path
        self._beside = beside
        self._stream: FileIO | None = None
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> RejectsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    @property
    def counts(self) -> dict[str, int]:
        """Number of rejections by kind, most frequent first."""
        with self._lock:
            return dict(self._counts.most_common())

    @property
    def total(self) -> int:
        with self._lock:
            return self._counts.total()

    def add(self, rejection: Rejection) -> None:
        facts: dict[str, Any] = {
            "row": rejection.row,
            "id": rejection.id,
            "field": rejection.field,
            "reason": rejection.reason,
            "kind": rejection.kind,
            "source": _found_again(rejection.source),
        }
        if rejection.record is not None:
            facts["record"] = portable(rejection.record)
        if rejection.raw is not None:
            facts["raw"] = rejection.raw
        with self._lock:
            self._counts[rejection.kind] += 1
            if self._path is not None:
                with disk_errors():
                    self._write(self._path, json.dumps(facts))

    def _write(self, path: Path, line: str) -> None:
        if self._stream is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            if self._beside is not None:
                self._beside[0].write_text(self._beside[1], encoding="utf-8")
            # Unbuffered: what a full disk refuses must not come up again on closing.
            self._stream = path.open("ab", buffering=0)
        left = memoryview(f"{line}\n".encode())
        while left:
            left = left[self._stream.write(left) :]


def _found_again(source: str | None) -> str | None:
    """A file's name as it can be used from any folder; whatever else it is, as it is."""
    if source is None or "://" in source or not Path(source).exists():
        return source
    return str(Path(source).absolute())


def check_share(rejected: int, read: int, most: float | None) -> None:
    """Raises TooManyRejects for more than the share `most`, 0 to 1, of what was read."""
    if most is not None and rejected > most * read:
        raise TooManyRejects(
            f"{rejected:,} of {read:,} entries were rejected ({rejected / read:.1%}); the load "
            f"fails above {most:.1%}.",
            hint="Nothing was deleted. What could be loaded is kept; see the rejects file.",
        )


def portable(value: Any) -> Any:
    """`value` in JSON's types, so that a replay reads it as it was: bytes become data: URLs.

    Bytes over 1 MiB become None: a replay needs another image there.
    """
    if isinstance(value, Mapping):
        return {str(key): portable(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [portable(member) for member in value]
    if isinstance(value, bytes | bytearray | memoryview):
        if len(value) > _KEPT_BYTES:
            return None
        return "data:;base64," + base64.b64encode(bytes(value)).decode()
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value if value is None or isinstance(value, bool | int | float) else str(value)
