"""The plan's model against measurement: fitted to the smaller indexes, asked for the largest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eval.bench.calibration import engines
from eval.bench.index_records import Records
from eval.planning.constants import Engine, Law
from qdrant.store import Quantization


@dataclass(frozen=True)
class Check:
    """One figure of one index, as predicted from smaller ones and as measured."""

    kind: Quantization
    dim: int
    known: int  # points of the largest index that the law was fitted to
    points: int
    figure: str
    predicted: float
    measured: float

    @property
    def error(self) -> float:
        """Relative to what was measured; above 0 the model says too much."""
        return self.predicted / self.measured - 1


def check_model(records: Records) -> list[Check]:
    """For each kind and dimension with graphs at two sizes or more; only rescored searches."""
    found = [each for each in engines(records.records) if each.rescore]
    checks: list[Check] = []
    for kind in dict.fromkeys(each.quantization for each in found):
        for dim in dict.fromkeys(each.dim for each in found if each.quantization == kind):
            mine = [each for each in found if (each.quantization, each.dim) == (kind, dim)]
            largest = max(mine, key=lambda each: each.points)
            smaller = tuple(each for each in mine if each.points < largest.points)
            if smaller:
                checks += _checks(Law(smaller), largest, max(each.points for each in smaller))
    return checks


def _checks(law: Law, real: Engine, known: int) -> Iterator[Check]:
    figures = {
        "codes, bytes of a point": (law.code_bytes(real.dim), real.codes_bytes / real.points),
        "graph, bytes of a point": (law.graph_bytes(real.points), real.graph_bytes / real.points),
        "ids, memory, bytes of a point": (law.heap_bytes(), real.heap_bytes / real.points),
        "search, core ms": (
            law.search_core_seconds(real.points, real.dim) * 1e3,
            real.search_core_seconds * 1e3,
        ),
        "building a point, core ms": (
            law.build_core_seconds(real.points, real.dim) * 1e3,
            real.build_core_seconds / real.points * 1e3,
        ),
    }
    for figure, (predicted, measured) in figures.items():
        if measured > 0:
            yield Check(
                real.quantization, real.dim, known, real.points, figure, predicted, measured
            )
