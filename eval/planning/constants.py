"""What a machine was measured to do: the constants of the plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import SettingsError
from eval.planning.fitting import LogLine, Rows, alike, in_dim, line, slope
from eval.planning.samples import Sample
from qdrant.store import Quantization

SHIPPED = Path(__file__).with_name("constants.json")
"""Measured on two cores without a GPU; its date and machine are in it."""
FILE_NAME = "calibration.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Engine(_Part):
    """One index as measured: its bytes, what building it took, and what a search in it takes."""

    quantization: Quantization
    rescore: bool
    dim: int = Field(gt=0)
    points: int = Field(gt=1)
    codes_bytes: float = Field(ge=0, description="Quantized vectors; 0 without.")
    graph_bytes: float = Field(ge=0)
    ids_bytes: float = Field(ge=0, description="Ids, versions and payload indexes, on disk.")
    heap_bytes: float = Field(ge=0, description="Memory beyond codes, graph and full vectors.")
    build_core_seconds: float = Field(ge=0, description="Writing and indexing all points.")
    search_core_seconds: float = Field(ge=0, description="Mean processor time of one search.")
    latency: Sample
    recall: float = Field(ge=0, le=1, description="Mean share of the exact top 10 that was found.")


class Constants(_Part):
    """All that `binocle bench calibrate` measures. Times are of one core of that machine."""

    format: int = Field(default=1, ge=1, le=1)
    measured_on: str = Field(description="ISO date.")
    machine: str
    load: float = Field(description="Load average per core meanwhile; above 1 it was busy.")
    text_encode: Sample
    image_encode_core_seconds: float = Field(gt=0, description="One image in the tower.")
    image_decode_core_seconds: float = Field(gt=0, description="One photo of 1 MB, decoded.")
    read: Sample = Field(description="One random read of 4 KiB from the disk.")
    merge_core_seconds: float = Field(gt=0, description="Per hit of a shard's answer, merged.")
    engines: tuple[Engine, ...] = Field(min_length=1)

    @classmethod
    def read_from(cls, path: Path) -> Constants:
        """Raises SettingsError where the file is damaged."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            first = str(error).splitlines()
            raise SettingsError(
                f"The calibration {path} can't be read: {' '.join(first[:3])}.",
                hint="Measure it again with `binocle bench calibrate`, or remove it.",
            ) from None

    def law(self, quantization: Quantization, *, rescore: bool) -> Law:
        """How this kind of index grows. Raises SettingsError where it was not measured."""
        found = tuple(
            each
            for each in self.engines
            if each.quantization == quantization and each.rescore == rescore
        )
        if quantization == "none":
            found = tuple(each for each in self.engines if each.quantization == "none")
        if not found:
            kinds = sorted({each.quantization for each in self.engines})
            raise SettingsError(
                f"The calibration holds nothing on '{quantization}' "
                f"{'with' if rescore else 'without'} rescoring, only on {', '.join(kinds)}.",
                hint=f"Run `binocle bench calibrate --only {quantization}`.",
                field="quantization",
            )
        return Law(found)


Value = Callable[[Engine], float]


class Law:
    """What one point, and one search, costs in an index of any size.

    A search in a graph visits a number of points that grows with the logarithm of how many there
    are (Malkov and Yashunin 2018, section 4.2), and so do a point's insertion and the bits of a
    link. So each is fitted as a + b log(points), b not negative.
    """

    def __init__(self, measured: tuple[Engine, ...]) -> None:
        self._measured = measured
        self._base = max(measured, key=lambda each: (each.points, each.dim))
        self._search = self._lines(lambda each: each.search_core_seconds)
        self._build = self._lines(lambda each: each.build_core_seconds / each.points)
        self._median = self._lines(lambda each: each.latency.p50)
        self._graph = line(self._rows(lambda each: each.graph_bytes / each.points))
        self._code = max(each.codes_bytes / each.points / each.dim for each in measured)
        self._ids = slope(self._rows(lambda each: each.ids_bytes))
        self._heap = slope(self._rows(lambda each: each.heap_bytes))

    def search_core_seconds(self, points: float, dim: int) -> float:
        """Processor time of one search among `points`."""
        return _at(self._search, points, dim)

    def build_core_seconds(self, points: float, dim: int) -> float:
        """Processor time to write and index one point of `points`."""
        return _at(self._build, points, dim)

    def latency(self, points: float, dim: int) -> Sample:
        """Of one search alone on the machine: the shape of the largest index measured, its median
        scaled as the law of the medians says."""
        return self._base.latency.scaled(_at(self._median, points, dim) / self._base.latency.p50)

    def graph_bytes(self, points: float) -> float:
        """Of one point; the engine packs links into as many bits as numbers below `points` need."""
        return self._graph.at(points)

    def ids_bytes(self) -> float:
        """Of one point, on disk; what an empty index takes already is left out."""
        return self._ids

    def heap_bytes(self) -> float:
        """Memory of one point beyond codes, graph and full vectors: ids above all."""
        return self._heap

    def code_bytes(self, dim: int) -> float:
        """Of one point; the measured bytes for each dimension, whole."""
        return self._code * dim

    @property
    def recall(self) -> tuple[float, int, int]:
        """Of the largest index measured, with its points and dimensions. A fact, not a law."""
        return self._base.recall, self._base.points, self._base.dim

    def _lines(self, value: Value) -> dict[int, LogLine]:
        """By dimension, ascending; dimensions with one size grow like the one with most sizes."""
        dims = sorted({each.dim for each in self._measured})
        rows = {each: self._rows(value, each) for each in dims}
        main = max(dims, key=lambda each: (len({size for size, _ in rows[each]}), each))
        growth = line(rows[main])
        return {each: alike(rows[each], growth) for each in dims}

    def _rows(self, value: Value, dim: int | None = None) -> Rows:
        return [
            (each.points, value(each)) for each in self._measured if dim is None or each.dim == dim
        ]


def _at(lines: dict[int, LogLine], points: float, dim: int) -> float:
    return in_dim([(each, fitted.at(points)) for each, fitted in lines.items()], dim)
