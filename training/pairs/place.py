"""Where a recipe is, and where its data may leave files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is under way, how much of it is done, and how much there is."""


def quiet(_what: str, _done: int, _all: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True)
class Place:
    """What sources need to know to open their files.

    Attributes:
        base: the recipe's folder, which relative paths are from.
        cache: folder for what is computed once.
        progress: for work that takes minutes.
    """

    base: Path
    cache: Path
    progress: Progress = quiet

    def of(self, path: str | Path) -> Path:
        """An absolute path."""
        return (self.base / Path(path).expanduser()).absolute()
