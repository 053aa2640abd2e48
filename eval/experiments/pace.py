"""When a sequential test is looked at as visits go by: often enough, and not all the time."""

from __future__ import annotations

from dataclasses import dataclass

_FIRST = 100
_GROWTH = 1.2


@dataclass
class Pace:
    """Looks whenever visits have grown by a fifth, from a hundred on: some fifty of a million."""

    seen: int = 0
    _next: int = _FIRST

    def due(self) -> bool:
        """Count one more visit; whether it is time to look."""
        self.seen += 1
        if self.seen < self._next:
            return False
        self._next = max(self.seen + 1, int(self.seen * _GROWTH))
        return True
