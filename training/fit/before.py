"""Scores of the starting model, taken once for a run however often it is resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sentence_transformers import SentenceTransformer

from training.fit.directory import BEFORE, RunDirectory
from training.fit.plan import Plan
from training.fit.watcher import Watcher


@dataclass(frozen=True)
class Scores:
    """By task, 0 to 1; empty where there are no tasks."""

    validation: dict[str, float]
    general: dict[str, float]


def scores_of(model: SentenceTransformer, plan: Plan) -> Scores:
    """The model on the plan's tasks."""
    return Scores(
        plan.validation.scores(model) if plan.validation else {},
        plan.guard.scores(model) if plan.guard else {},
    )


def scores_before(
    model: SentenceTransformer, plan: Plan, directory: RunDirectory, watcher: Watcher
) -> Scores:
    """Of the starting model; read from the directory where an earlier part of the run took them."""
    kept: Any = directory.read_json(BEFORE)
    if kept is not None:
        return Scores(**kept)
    if plan.validation or plan.guard:
        watcher.note("Scoring the starting model ...")
    scores = scores_of(model, plan)
    directory.write_json(BEFORE, vars(scores))
    return scores
