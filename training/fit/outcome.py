"""What came of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from training.fit.before import Scores
from training.guard import Verdict
from training.interpolation import Trial


@dataclass(frozen=True)
class Finished:
    """A run that came to its end.

    Attributes:
        chosen: what was taken of `trials`.
        skipped: number of images that could not be used, by source.
        summary: of them, a sentence; '' for none.
        history: figures of the log, by step.
        versions: of the libraries.
    """

    directory: Path
    steps: int
    pairs: int
    seconds: float
    before: Scores
    trials: tuple[Trial, ...]
    chosen: Trial
    verdict: Verdict
    skipped: Mapping[str, int]
    summary: str
    history: tuple[Mapping[str, float], ...] = field(repr=False)
    versions: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        document = asdict(self) | {"directory": str(self.directory)}
        del document["summary"]
        return document


@dataclass(frozen=True)
class Stopped:
    """A run that was asked to stop, with a checkpoint of its last step."""

    directory: Path
    step: int
    steps: int
