"""Runs the steps of measuring an index, each in a process of its own (`eval.bench.index_child`)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BinocleError
from eval.bench.index_records import Configuration, Pace, Searched
from eval.bench.made_vectors import MadeSet


class StepFailed(BinocleError):
    """A process that built or searched an index failed."""


@dataclass(frozen=True)
class BuiltIndex:
    """An index on disk, what it was made from, and what building it took."""

    made: MadeSet
    generation: Path
    cost: dict[str, Any]

    def search(self, *, rescore: bool) -> tuple[Searched, dict[str, int]]:
        """Searches, and points, vectors in the graph and segments by these names."""
        task = {"made": str(self.made.folder), "generation": str(self.generation)}
        found = run_step({"step": "search", **task, "rescore": rescore})
        return Searched.model_validate(found.pop("searched")), found

    def beside(self, smaller: BuiltIndex, points: int) -> Pace:
        """Searches in this one and in a smaller one of `points`, in turn."""
        both = [
            {"made": str(each.made.folder), "generation": str(each.generation)}
            for each in (smaller, self)
        ]
        return Pace.model_validate({"points": points, **run_step({"step": "pace", "both": both})})


class BuiltIndexes:
    """The indexes of a run, below one folder, so that a larger one finds the smaller one of its
    kind to be searched beside."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._built: dict[Configuration, BuiltIndex] = {}

    def of(self, configuration: Configuration, made: MadeSet) -> BuiltIndex:
        """Built unless it is there. Raises StepFailed."""
        if configuration not in self._built:
            task = {"step": "build", "made": str(made.folder)}
            cost = run_step(
                {
                    **task,
                    "root": str(self._folder(configuration)),
                    "quantization": configuration.quantization,
                }
            )
            generation = Path(cost.pop("generation"))
            self._built[configuration] = BuiltIndex(made, generation, cost)
        return self._built[configuration]

    def drop(self, configuration: Configuration) -> None:
        """Its files, too; nothing happens where it is not there."""
        self._built.pop(configuration, None)
        shutil.rmtree(self._folder(configuration), ignore_errors=True)

    def close(self) -> None:
        """Drops all of them."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _folder(self, configuration: Configuration) -> Path:
        name = f"{configuration.quantization}-{configuration.dim}-{configuration.points}"
        return self._root / name


def run_step(task: dict[str, Any]) -> dict[str, Any]:
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
