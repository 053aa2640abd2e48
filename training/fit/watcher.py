"""Whom a run tells of its progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


def _stage(_what: str, _done: int, _all: int) -> None:
    """Nobody watches."""


def _log(_step: int, _figures: Mapping[str, float]) -> None:
    """Nobody watches."""


def _note(_sentence: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Watcher:
    """Callbacks of a run.

    stage: told what is under way, how much of it is done, and how much there is.
    log: told the step, and its figures by name.
    note: told a sentence that a person should read.
    """

    stage: Callable[[str, int, int], None] = _stage
    log: Callable[[int, Mapping[str, float]], None] = _log
    note: Callable[[str], None] = _note


QUIET = Watcher()
"""For the processes beside the first, and where nobody looks."""
