"""Visits as columns: some eighty bytes a visit, so that millions fit into memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from core.interactions import Visit
from eval.online.dimensions import DIMENSIONS, By, values_of
from eval.online.figures import FIGURES, OnlineFigure
from eval.online.intervals import Estimate, estimate


class VisitTable:
    """Added to visit by visit, then measured.

    Args:
        figures: what is measured.
    """

    def __init__(self, figures: Iterable[OnlineFigure] = FIGURES) -> None:
        self.figures = tuple(figures)
        self._above = [array("f") for _ in self.figures]
        self._below = [array("f") for _ in self.figures]
        self._unit = array("q")
        self._people: dict[tuple[str, str], int] = {}
        self._codes: dict[By, array[int]] = {by: array("q") for by in DIMENSIONS}
        self._values: dict[By, dict[tuple[str, ...], int]] = {by: {} for by in DIMENSIONS}

    def __len__(self) -> int:
        return len(self._unit)

    @property
    def people(self) -> int:
        """Sessions, users, and visits of nobody."""
        return len(np.unique(np.frombuffer(self._unit, dtype=np.int64))) if len(self) else 0

    def add(self, visit: Visit) -> None:
        """Count a visit."""
        for place, figure in enumerate(self.figures):
            above, below = figure.of(visit) or (0.0, 0.0)
            self._above[place].append(above)
            self._below[place].append(below)
        self._unit.append(self._person(visit))
        for by in DIMENSIONS:
            values = self._values[by]
            self._codes[by].append(values.setdefault(values_of(by, visit), len(values)))

    def measure(self, chosen: NDArray[np.bool_] | None = None) -> dict[str, Estimate]:
        """Each figure by name, over all visits or those where bool (visits,) says so."""
        unit = np.frombuffer(self._unit, dtype=np.int64)
        kept = slice(None) if chosen is None else chosen
        return {
            figure.name: estimate(
                figure.kind,
                np.frombuffer(self._above[place], dtype=np.float32)[kept].astype(np.float64),
                np.frombuffer(self._below[place], dtype=np.float32)[kept].astype(np.float64),
                unit[kept],
            )
            for place, figure in enumerate(self.figures)
        }

    def groups(self, by: By) -> dict[str, NDArray[np.bool_]]:
        """For each value of a dimension, in order, bool (visits,): which visits have it."""
        codes = np.frombuffer(self._codes[by], dtype=np.int64)
        having: dict[str, list[int]] = {}
        for values, code in self._values[by].items():
            for value in values:
                having.setdefault(value, []).append(code)
        return {value: np.isin(codes, having[value]) for value in sorted(having)}

    def count(self, chosen: NDArray[np.bool_]) -> tuple[int, int]:
        """Visits and people of a group."""
        unit = np.frombuffer(self._unit, dtype=np.int64)[chosen]
        return len(unit), len(np.unique(unit))

    def _person(self, visit: Visit) -> int:
        asked = visit.asked
        if asked.session is not None:
            name = ("session", asked.session)
        elif asked.user is not None:
            name = ("user", asked.user)
        else:
            return -1 - len(self)  # nobody's: a unit of its own
        return self._people.setdefault(name, len(self._people))
