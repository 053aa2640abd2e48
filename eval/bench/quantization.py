"""Every kind of quantization at every size: recall, times, memory and disk, one after the other."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import BinocleError
from eval.bench.index_records import Configuration, Record, Records, Searched
from eval.bench.made_vectors import MadeSet, Seed, make_set
from ingestion.limits import cores
from qdrant.store import Quantization

KINDS: tuple[Quantization, ...] = ("int8", "none", "binary", "turbo", "product")
"""Most useful first: the default, its yardstick, then the rest."""

Tell = Callable[[str], None]


class StepFailed(BinocleError):
    """A process that built or searched an index failed."""


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
        records = Records.read_from(self.results)
        for configuration in wanted:
            known = records.of(configuration, self.seed.digest)
            if known is not None and not again:
                self.tell(f"{configuration.name}: measured on {known.measured_on}")
                continue
            self.tell(f"{configuration.name} ...")
            record = self._measure(configuration)
            if record.error:
                self.tell(f"{configuration.name} failed: {record.error}")
            # Read again: another run may have written meanwhile.
            records = Records.read_from(self.results).with_(record)
            records.write_to(self.results)
        return records

    def _measure(self, configuration: Configuration) -> Record:
        root = self.work / f"index-{os.getpid()}"
        shutil.rmtree(root, ignore_errors=True)
        try:
            made = make_set(
                self.seed, dim=configuration.dim, points=configuration.points, work=self.work
            )
            return self._record(configuration, **_measured(configuration, made, root))
        except StepFailed as error:
            return self._record(configuration, error=str(error))
        finally:
            shutil.rmtree(root, ignore_errors=True)

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
    sizes: Sequence[int], dims: Sequence[int], kinds: Sequence[Quantization]
) -> list[Configuration]:
    """Small sizes first, then the dimensions as given, then the kinds as given."""
    return [
        Configuration(quantization=kind, dim=dim, points=size)
        for size in sorted(sizes)
        for dim in dims
        for kind in kinds
    ]


def machine() -> str:
    """This machine, in words that name nobody."""
    return f"{cores()} cores, {platform.machine()}, {platform.system()}"


def _measured(configuration: Configuration, made: MadeSet, root: Path) -> dict[str, Any]:
    task = {"made": str(made.folder), "root": str(root)}
    built = _step({**task, "step": "build", "quantization": configuration.quantization})
    generation = built.pop("generation")
    ways = (True,) if configuration.quantization == "none" else (True, False)
    searches = []
    for rescore in ways:
        found = _step({**task, "step": "search", "generation": generation, "rescore": rescore})
        searches.append(Searched.model_validate(found["searched"]))
    if found["points"] != configuration.points:
        raise StepFailed(f"{found['points']:,} of {configuration.points:,} points are there.")
    return {
        **built,
        "segments": found["segments"],
        "indexed": found["indexed"],
        "searches": tuple(searches),
    }


def _step(task: dict[str, Any]) -> dict[str, Any]:
    """One process; raises StepFailed with what it said last."""
    command = [sys.executable, "-m", "eval.bench.index_child"]
    run = subprocess.run(
        command, input=json.dumps(task), capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        reason = run.stderr.strip().splitlines()[-1:] or [f"ended with code {run.returncode}"]
        raise StepFailed(f"{task['step']}: {reason[0][-300:]}")
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer
