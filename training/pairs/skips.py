"""What of the training data could not be used, and why."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from core.disk import disk_errors


@dataclass(frozen=True)
class Skip:
    """One image or row that was passed over.

    Attributes:
        source: the source of pairs, or the file, that it is of.
        name: what a person finds it by: a path, a URL, a file with its row.
        reason: a sentence.
    """

    source: str
    name: str
    reason: str


class SkipLog:
    """Counts skips, each image once however often it comes up; safe to use from several threads.

    Args:
        path: a JSONL file that gets a line for each; what it holds already counts as seen, so that
            a resumed run goes on with it. None for no file.
        keep: how many are remembered with their reasons, the first ones.
    """

    def __init__(self, path: Path | None = None, *, keep: int = 20) -> None:
        self._path = path
        self._keep = keep
        self._lock = threading.Lock()
        self._seen: set[tuple[str, str]] = set()
        self._first: list[Skip] = []
        if path is not None and path.exists():
            for skip in _read(path):
                self._note(skip)

    def add(self, skips: Iterable[Skip]) -> None:
        """Raises StorageFull and StoreError where the file can't be written."""
        with self._lock:
            fresh = [skip for skip in skips if self._note(skip)]
            if fresh and self._path is not None:
                lines = "".join(f"{json.dumps(asdict(skip))}\n" for skip in fresh)
                with disk_errors():
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    with self._path.open("a", encoding="utf-8") as stream:
                        stream.write(lines)

    @property
    def total(self) -> int:
        """Number of different images and rows."""
        return len(self._seen)

    @property
    def by_source(self) -> dict[str, int]:
        """Number by source, most first."""
        with self._lock:
            return dict(Counter(source for source, _ in self._seen).most_common())

    @property
    def first(self) -> tuple[Skip, ...]:
        """The first ones, with their reasons."""
        with self._lock:
            return tuple(self._first)

    def summary(self) -> str:
        """For a person: how many of which source, and some by name; '' for none."""
        if not self.total:
            return ""
        counts = ", ".join(f"{source}: {count:,}" for source, count in self.by_source.items())
        more = f" All are in {self._path}." if self._path is not None else ""
        what = f"{self.total:,} images or rows could not be used ({counts})"
        return f"{what}, such as {named(self.first)}.{more}"

    def _note(self, skip: Skip) -> bool:
        """Whether it is new."""
        key = (skip.source, skip.name)
        if key in self._seen:
            return False
        self._seen.add(key)
        if len(self._first) < self._keep:
            self._first.append(skip)
        return True


def named(skips: Sequence[Skip], most: int = 3) -> str:
    """The first ones with their reasons, for a sentence."""
    return "; ".join(f"{skip.name} ({skip.reason.rstrip('.')})" for skip in skips[:most])


def _read(path: Path) -> Iterable[Skip]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield Skip(**json.loads(line))
        except (ValueError, TypeError):
            continue  # the last line of a run that was cut off
