"""Every kind of quantization at every size: recall, times, memory and disk, one after the other."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.bench.index_records import Configuration, Record, Records
from eval.bench.index_steps import BuiltIndex, BuiltIndexes, StepFailed
from eval.bench.made_vectors import Seed, make_set
from ingestion.limits import cores
from qdrant.store import Quantization

KINDS: tuple[Quantization, ...] = ("int8", "none", "binary", "turbo", "product")
"""Most useful first: the default, its yardstick, then the rest."""
SLOW: Mapping[Quantization, int] = {"product": 100_000}
"""Largest number of points measured unless asked for: training and assigning product codes takes
ten times the processor time of the other kinds, most of an hour on two cores for a million."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """Where a benchmark works, and what it is made from.

    Attributes:
        work: folder for vectors and indexes; needs about 6 kB for each point of the largest size.
        results: the file that grows.
        tell: gets a line on each step.
    """

    seed: Seed
    work: Path
    results: Path
    tell: Tell

    def run(self, wanted: Iterable[Configuration], *, again: bool = False) -> Records:
        """Measures what the file of results doesn't hold yet, or all of it again.

        A configuration that fails is noted with its reason and the next one follows.
        """
        wanted = tuple(wanted)
        indexes = BuiltIndexes(self.work / f"index-{os.getpid()}")
        records = Records.read_from(self.results)
        try:
            for configuration in wanted:
                known = records.of(configuration, self.seed.digest)
                if known is not None and not again:
                    self.tell(f"{configuration.name}: measured on {known.measured_on}")
                    continue
                self.tell(f"{configuration.name} ...")
                record = self._measure(configuration, wanted, indexes)
                if record.error:
                    self.tell(f"{configuration.name} failed: {record.error}")
                # Read again: another run may have written meanwhile.
                records = Records.read_from(self.results).with_(record)
                records.write_to(self.results)
        finally:
            indexes.close()
        return records

    def _measure(
        self, configuration: Configuration, wanted: Sequence[Configuration], indexes: BuiltIndexes
    ) -> Record:
        smaller = max(
            (each for each in wanted if each.grows_to(configuration)),
            key=lambda each: each.points,
            default=None,
        )
        try:
            index = self._index(configuration, indexes)
            found = _searched(configuration, index)
            if smaller is not None:
                found["pace"] = index.beside(self._index(smaller, indexes), smaller.points)
                indexes.drop(smaller)
            return self._record(configuration, **found)
        except StepFailed as error:
            indexes.drop(configuration)
            return self._record(configuration, error=str(error))
        finally:
            if not any(configuration.grows_to(each) for each in wanted):
                indexes.drop(configuration)

    def _index(self, configuration: Configuration, indexes: BuiltIndexes) -> BuiltIndex:
        made = make_set(
            self.seed, dim=configuration.dim, points=configuration.points, work=self.work
        )
        return indexes.of(configuration, made)

    def _record(self, configuration: Configuration, **found: Any) -> Record:
        return Record(
            configuration=configuration,
            seed=self.seed.digest,
            source=self.seed.source,
            real=len(self.seed.vectors),
            engine=f"qdrant-edge {importlib.metadata.version('qdrant-edge-py')}",
            machine=machine(),
            measured_on=datetime.now(UTC).date().isoformat(),
            load=os.getloadavg()[0] / cores(),
            **found,
        )


def configurations(
    sizes: Sequence[int],
    dims: Sequence[int],
    kinds: Sequence[Quantization],
    *,
    patient: bool = False,
) -> list[Configuration]:
    """Small sizes first, then the dimensions as given, then the kinds as given; without those that
    SLOW leaves out, unless `patient`."""
    return [
        Configuration(quantization=kind, dim=dim, points=size)
        for size in sorted(sizes)
        for dim in dims
        for kind in kinds
        if patient or size <= SLOW.get(kind, size)
    ]


def machine() -> str:
    """This machine, in words that name nobody."""
    return f"{cores()} cores, {platform.machine()}, {platform.system()}"


def _searched(configuration: Configuration, index: BuiltIndex) -> dict[str, Any]:
    """All ways of searching the index, as fields of a record."""
    ways = (True,) if configuration.quantization == "none" else (True, False)
    searches = []
    for rescore in ways:
        searched, sizes = index.search(rescore=rescore)
        searches.append(searched)
    if sizes["points"] != configuration.points:
        raise StepFailed(f"{sizes['points']:,} of {configuration.points:,} points are there.")
    return {
        **index.cost,
        "segments": sizes["segments"],
        "indexed": sizes["indexed"],
        "searches": tuple(searches),
    }
