"""What has drifted since a baseline, as data and in a sentence each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.disk import disk_errors
from core.errors import EncoderMismatch
from eval.drift.baseline import Sample
from eval.drift.shift import CountShift, VectorShift, count_shift, vector_shift

LEVEL = 0.01
"""Of significance, for each of items, queries and kinds: looked at every day, it errs once in a
hundred days each."""
MUCH = 0.1
"""Of the index of kinds: with many searches a test finds changes that matter to nobody."""


@dataclass(frozen=True)
class DriftReport:
    """A baseline and now. None: too few to tell.

    Attributes:
        baseline_at, at: moments, ISO 8601.
    """

    collection: str
    encoder: str
    baseline_at: str
    at: str
    items: VectorShift | None
    queries: VectorShift | None
    kinds: CountShift | None

    @property
    def drifted(self) -> Mapping[str, bool | None]:
        """By what was looked at, whether it drifted; None for too few."""
        return {
            "items": None if self.items is None else self.items.least < LEVEL,
            "queries": None if self.queries is None else self.queries.least < LEVEL,
            "kinds": None
            if self.kinds is None
            else self.kinds.p < LEVEL and self.kinds.index > MUCH,
        }

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "drifted": dict(self.drifted)}

    def save(self, path: Path) -> None:
        """Write it, whole or not at all. Raises StorageFull and StoreError."""
        temporary = path.with_suffix(".tmp")
        with disk_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(self.as_json(), indent=2))
            temporary.replace(path)


def compare_samples(before: Sample, now: Sample, *, seed: int = 0) -> DriftReport:
    """Raises EncoderMismatch where the two are of different towers."""
    if before.encoder != now.encoder:
        raise EncoderMismatch(
            f"The baseline of '{before.collection}' is of other towers ({before.encoder}) than "
            f"those that answer ({now.encoder}): their vectors can't be compared.",
            hint="Write a new baseline: `binocle eval drift COLLECTION --save`.",
        )
    return DriftReport(
        collection=before.collection,
        encoder=now.encoder,
        baseline_at=before.at,
        at=now.at,
        items=vector_shift(before.items, now.items, seed=seed),
        queries=vector_shift(before.queries, now.queries, seed=seed),
        kinds=count_shift(before.kinds, now.kinds),
    )
