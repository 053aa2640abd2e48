"""A run's directory: where everything is that a run leaves.

model/           the model: loads by 'st:RUN/model'
recipe.yaml      all settings, defaults too
metrics.json     scores before and after, the log, what was skipped, versions
guard.json       the forgetting guard's verdict, which `binocle export` reads
README.md        the model card
skipped.jsonl    images that could not be used
checkpoints/     the run's state, to go on from
tensorboard/     the log for TensorBoard
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.disk import disk_errors
from core.errors import SettingsError
from training.fit.checkpoint import latest
from training.recipe import Recipe, read_recipe, written

BEFORE = "before.json"
"""Scores of the starting model, for a run that goes on."""
_FREE = frozenset({"workers", "log_every", "checkpoints", "mini_batch"})
"""Settings that may change when a run goes on: but for rounding, what is learned is the same."""


@dataclass(frozen=True)
class RunDirectory:
    """The paths in it, and what is written there."""

    path: Path

    @property
    def model(self) -> Path:
        return self.path / "model"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def skipped(self) -> Path:
        return self.path / "skipped.jsonl"

    @property
    def finished(self) -> bool:
        return (self.path / "metrics.json").exists()

    def check_new(self) -> None:
        """Raises SettingsError where another run has come as far as a checkpoint."""
        if self.finished or latest(self.checkpoints) is not None:
            raise SettingsError(
                f"{self.path} holds a run already.",
                hint="Add --resume to go on with it, or name another folder: --out.",
            )

    def check_same(self, recipe: Recipe) -> None:
        """Raises SettingsError unless the run in here is of `recipe`, and is not finished."""
        if not (self.path / "recipe.yaml").exists():
            raise SettingsError(
                f"There is no run in {self.path} to go on with.",
                hint="Leave --resume out to begin one, or name its folder: --out.",
            )
        if self.finished:
            raise SettingsError(f"The run in {self.path} is finished: its model is {self.model}.")
        kept = read_recipe(self.path / "recipe.yaml").model_dump(mode="json", exclude=set(_FREE))
        given = recipe.model_dump(mode="json", exclude=set(_FREE))
        changed = sorted(key for key in given if given[key] != kept[key])
        if changed:
            named = ", ".join(f"'{key}'" for key in changed)
            raise SettingsError(
                f"The recipe is not the one that the run in {self.path} began with: {named}.",
                hint="Put them back to go on, or begin anew in another folder: --out.",
                field=changed[0],
            )

    def begin(self, recipe: Recipe) -> None:
        """Writes the recipe; what a run without a checkpoint left is not of this one.

        Raises StorageFull and StoreError.
        """
        with disk_errors():
            (self.path / BEFORE).unlink(missing_ok=True)
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "recipe.yaml").write_text(written(recipe), encoding="utf-8")

    def write_json(self, name: str, document: Mapping[str, Any]) -> None:
        """Raises StorageFull and StoreError."""
        with disk_errors():
            text = json.dumps(document, indent=2, ensure_ascii=False)
            (self.path / name).write_text(text + "\n", encoding="utf-8")

    def read_json(self, name: str) -> Any:
        """What `write_json` has written; None where it has not."""
        path = self.path / name
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
