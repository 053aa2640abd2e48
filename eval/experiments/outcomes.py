"""What came of an experiment so far: for each variant and unit the sums of every metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from core.interactions import Asked, Visit
from eval.experiments.metrics import ERRORS, METRICS, Metric
from eval.experiments.moments import Moments

UnitKind = Literal["user", "session"]


def unit_of(asked: Asked, kind: UnitKind) -> str | None:
    """Whom a search counts for; None where that was not told."""
    return asked.user if kind == "user" else asked.session


class Outcomes:
    """Added up visit by visit. A unit that was seen in several variants counts for none.

    Args:
        name: of the experiment, as `Asked.variants` tells it.
        kind: what its units are.
        metrics: to add up; 'errors' always is.
    """

    def __init__(
        self, name: str, kind: UnitKind, metrics: Sequence[Metric] = tuple(METRICS.values())
    ) -> None:
        self._name = name
        self._kind = kind
        self._metrics = (*metrics, ERRORS)
        self._column = {metric.name: at for at, metric in enumerate(self._metrics)}
        self._variant: dict[str, str] = {}
        self._sums: dict[str, list[float]] = {}
        self._mixed: set[str] = set()
        self._counts: dict[str, int] = {}
        self.searches: dict[str, int] = {}

    def add(self, visit: Visit) -> None:
        """Count a visit, if it is the experiment's."""
        variant = visit.asked.variants.get(self._name)
        row = self._row(variant, unit_of(visit.asked, self._kind))
        if variant is None or row is None:
            return
        self.searches[variant] = self.searches.get(variant, 0) + 1
        for at, metric in enumerate(self._metrics):
            value = metric.of(visit)
            if value is not None:
                row[2 * at] += value
                row[2 * at + 1] += 1

    def failed(self, variant: str, unit: str, count: int = 1) -> None:
        """Count searches that the service failed."""
        row = self._row(variant, unit)
        if row is not None:
            at = 2 * self._column[ERRORS.name]
            row[at] += count
            row[at + 1] += count

    @property
    def mixed(self) -> int:
        """Units that were left out, as they were seen in several variants."""
        return len(self._mixed)

    def units(self) -> Mapping[str, int]:
        """Units by variant."""
        return dict(self._counts)

    def least(self, variants: Iterable[str]) -> int:
        """Units of the smallest of these variants."""
        return min(self._counts.get(variant, 0) for variant in variants)

    def moments(self, variant: str, metric: str) -> Moments:
        """Of one metric among a variant's units."""
        at = 2 * self._column[metric]
        per = self._metrics[self._column[metric]].per
        rows = [
            self._sums[unit][at : at + 2]
            for unit, own in self._variant.items()
            if own == variant and unit not in self._mixed
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 2)
        if per == "search":
            return Moments.of(table[:, 0], table[:, 1])
        return Moments.of(table[:, 0] if per == "unit" else table[:, 0] > 0)

    def _row(self, variant: str | None, unit: str | None) -> list[float] | None:
        if variant is None or unit is None:
            return None
        if unit not in self._variant:
            self._variant[unit] = variant
            self._counts[variant] = self._counts.get(variant, 0) + 1
            self._sums[unit] = [0.0] * (2 * len(self._metrics))
        elif self._variant[unit] != variant and unit not in self._mixed:
            self._mixed.add(unit)
            self._counts[self._variant[unit]] -= 1
        return None if unit in self._mixed else self._sums[unit]
