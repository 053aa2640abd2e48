"""A run before it begins: what it trains on and is judged by, all checked, no tower loaded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingsError
from training.fit.device import device_of, per_process, uses_bf16
from training.fit.scoring import Scorer, held_out_tasks, tasks_in
from training.fit.watcher import Watcher
from training.losses.gathering import processes
from training.pairs.build import build_sources, mixture_of
from training.pairs.mixture import Mixture
from training.pairs.source import Built
from training.recipe import Recipe


@dataclass(frozen=True)
class Plan:
    """All that a run needs to know.

    Attributes:
        base: the recipe's folder, which relative paths are from.
        share: pairs of a batch that this process prepares.
        validation, guard: None where the recipe has none.
    """

    recipe: Recipe
    base: Path
    device: str
    bf16: bool
    share: int
    built: tuple[Built, ...]
    mixture: Mixture
    steps: int
    validation: Scorer | None
    guard: Scorer | None


def plan_of(recipe: Recipe, base: Path, watcher: Watcher) -> Plan:
    """The plan of `recipe`: its sources are read, its images are not.

    Raises SettingsError for what does not go together or with this machine, and SourceError for
    data that can't be used.
    """
    device = device_of(recipe)
    bf16 = uses_bf16(recipe, device)
    share = per_process(recipe, processes())
    guard = recipe.guard
    guarding = (
        Scorer(tasks_in(_file(base, guard.set, "guard.set")), guard.metric) if guard else None
    )
    judged = _file(base, recipe.validation.set, "validation.set") if recipe.validation.set else None
    tasks = tasks_in(judged) if judged else ()
    built = tuple(build_sources(recipe.data, base, progress=watcher.stage))
    for one in built:
        for remark in one.remarks:
            watcher.note(remark)
    stretch = recipe.batch_size if recipe.one_source_batches else 1
    mixture = mixture_of(built, recipe.seed, stretch=stretch)
    if recipe.validation.held_out:
        tasks += held_out_tasks(built, recipe.validation.limit)
    return Plan(
        recipe=recipe,
        base=base,
        device=device,
        bf16=bf16,
        share=share,
        built=built,
        mixture=mixture,
        steps=_steps(recipe, mixture),
        validation=Scorer(tasks, recipe.validation.metric) if tasks else None,
        guard=guarding,
    )


def _file(base: Path, path: Path, field: str) -> Path:
    found = base / path.expanduser()
    if not found.is_file():
        raise SettingsError(
            f"'{field}': there is no evaluation set at {found}.",
            hint="Relative paths are from the recipe's folder.",
            field=field,
        )
    return found


def _steps(recipe: Recipe, mixture: Mixture) -> int:
    if recipe.steps is not None:
        return recipe.steps
    assert recipe.epochs is not None
    pairs = recipe.epochs * mixture.epoch
    return max(1, math.ceil(pairs / (recipe.batch_size * recipe.accumulate)))
