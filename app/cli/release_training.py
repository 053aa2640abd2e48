"""Training for a release: a recipe's run, and the bundle of its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.cli.train import quiet_libraries, watching
from app.release.work import Lesson, Query, Trained
from core.errors import SettingsError
from encoders.manifest import MANIFEST


def train(lesson: Lesson) -> Trained:
    """Do what is left of a lesson: the run goes on from its last checkpoint, a bundle that is there
    is taken.

    Raises SettingsError, SourceError, EncoderError, and KeyboardInterrupt where a person stopped
    it, with a checkpoint written.
    """
    quiet_libraries()
    from training.export.origin import origin_of
    from training.recipe import read_recipe

    recipe = read_recipe(lesson.recipe, lesson.changes)
    if not (lesson.run / "metrics.json").exists():
        _run(lesson)
    facts = {**_facts(lesson.run), "seed": recipe.seed, "recipe": str(lesson.recipe)}
    origin = origin_of(str(lesson.run))
    if origin.refusal:
        return Trained("", f"The run's own guard refuses the model. {origin.refusal}", facts)
    if lesson.bundle is None:
        return Trained(f"st:{(lesson.run / 'model').absolute()}", facts=facts)
    if not (lesson.bundle / MANIFEST).exists():
        _export(lesson, lesson.bundle)
    return Trained(f"bundle:{lesson.bundle.absolute()}", facts=facts)


def _run(lesson: Lesson) -> None:
    from training.fit.checkpoint import latest
    from training.fit.outcome import Stopped
    from training.fit.run import train as run
    from training.recipe import read_recipe

    recipe = read_recipe(lesson.recipe, lesson.changes)
    resume = latest(lesson.run / "checkpoints") is not None
    with watching() as watcher:
        result = run(recipe, lesson.recipe.parent, lesson.run, resume=resume, watcher=watcher)
    if result is None or isinstance(result, Stopped):
        raise KeyboardInterrupt


def _export(lesson: Lesson, bundle: Path) -> None:
    from encoders.sentence.loading import load_model
    from encoders.sentence.opening import licence_of
    from training.export.export import Wishes, export_bundle
    from training.export.origin import origin_of

    origin = origin_of(str(lesson.run))
    wishes = Wishes(
        name=lesson.name,
        licence=licence_of(origin.spec),
        origin=origin.spec,
        precision=lesson.precision,  # type: ignore[arg-type]  # checked by the release's settings
        nested_dims=origin.nested_dims,
        calibration=origin.calibration,
        card=origin.card,
    )
    export_bundle(load_model(origin.spec, device="cpu"), bundle, wishes)


def _facts(run: Path) -> dict[str, Any]:
    """What is worth recording of a finished run."""
    try:
        document = json.loads((run / "metrics.json").read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"The run's {run / 'metrics.json'} can't be read: {error}") from None
    wanted = ("steps", "pairs", "seconds", "chosen", "verdict", "skipped", "versions")
    return {key: document[key] for key in wanted if key in document}


def queries_of(log: Path) -> list[Query]:
    """The query of each page of a Parquet log of events. Raises SourceError."""
    import numpy as np

    from training.pairs.click_log import read_log
    from training.pairs.log_settings import LogReading

    shown = read_log(LogReading(), log)
    first = np.unique(shown.page, return_index=True)[1]
    return [shown.queries[number] for number in shown.query[first].tolist()]
