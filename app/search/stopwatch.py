"""How long each stage of a search takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Stopwatch:
    """Milliseconds by stage, from its making on. A stage that runs again adds to its time."""

    laps: dict[str, float] = field(default_factory=dict)
    _start: float = field(default_factory=time.perf_counter)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            taken = 1000 * (time.perf_counter() - start)
            self.laps[name] = round(self.laps.get(name, 0.0) + taken, 3)

    def read(self) -> dict[str, float]:
        """The stages and the total."""
        return {**self.laps, "total": round(1000 * (time.perf_counter() - self._start), 3)}
