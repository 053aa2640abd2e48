"""The forgetting guard: a model that lost too much of what it could do is not exported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from core.disk import disk_errors

FILE = "guard.json"


@dataclass(frozen=True)
class Verdict:
    """Scores by task before and after, and what follows from them.

    allowed_drop: largest loss in any task, in the metric's unit; None where nothing was guarded.
    refused: whether export has to refuse the model. reason: a sentence.
    """

    allowed_drop: float | None
    before: Mapping[str, float]
    after: Mapping[str, float]
    refused: bool
    reason: str

    def write(self, directory: Path) -> None:
        """Into `directory`, where `binocle export` looks. Raises StorageFull and StoreError."""
        with disk_errors():
            (directory / FILE).write_text(json.dumps(asdict(self), indent=2) + "\n")


UNGUARDED = Verdict(
    None, {}, {}, refused=False, reason="The recipe names no set of general images to guard."
)


def judge(before: Mapping[str, float], after: Mapping[str, float], allowed_drop: float) -> Verdict:
    """Refuses when the worst task lost more than `allowed_drop`.

    Every task counts for itself: a gain in one does not make up for a loss in another.
    """
    drops = {name: score - after[name] for name, score in before.items()}
    worst = max(drops, key=lambda name: drops[name])
    told = (
        f"'{worst}' went from {before[worst]:.3f} to {after[worst]:.3f}; "
        f"a drop of {allowed_drop:g} is allowed."
    )
    # A drop of just the allowed size passes, also when it is no exact binary number.
    refused = drops[worst] > allowed_drop + 1e-9
    verb = "lost too much" if refused else "kept what it could do"
    return Verdict(allowed_drop, before, after, refused, f"The model {verb}: {told}")
