"""From trained weights to a finished run: merged, interpolated, guarded, saved, described."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version

from sentence_transformers import SentenceTransformer

from core.disk import disk_errors
from training.card import card_of
from training.fit.before import Scores, scores_of
from training.fit.directory import RunDirectory
from training.fit.outcome import Finished
from training.fit.plan import Plan
from training.fit.watcher import Watcher
from training.guard import UNGUARDED, Verdict, judge
from training.interpolation import Trial, Weights, best, copied, put_between, try_all
from training.pairs.skips import SkipLog

_LIBRARIES = ("torch", "transformers", "sentence-transformers", "accelerate", "peft", "timm")


def choose(
    model: SentenceTransformer, start: Weights, before: Scores, plan: Plan, watcher: Watcher
) -> tuple[list[Trial], Trial]:
    """Puts `model` at the best alpha; answers all trials and the one chosen."""
    alphas = plan.recipe.alphas
    trained = copied(model)

    def score(alpha: float) -> Trial:
        watcher.stage("Scoring between start and end", len(done), len(alphas))
        scores = before if alpha == 0 else scores_of(model, plan)
        accepted = not verdict_of(before, scores, plan).refused
        done.append(alpha)
        return Trial(alpha, scores.validation, scores.general, accepted)

    done: list[float] = []
    trials = try_all(model, start, alphas, score)
    chosen = best(trials)
    put_between(model, start, trained, chosen.alpha)
    return trials, chosen


def verdict_of(before: Scores, after: Scores, plan: Plan) -> Verdict:
    """The guard's, on scores before and after."""
    guard = plan.recipe.guard
    if guard is None:
        return UNGUARDED
    return judge(before.general, after.general, guard.allowed_drop)


def finish(
    model: SentenceTransformer,
    start: Weights,
    before: Scores,
    plan: Plan,
    directory: RunDirectory,
    *,
    watcher: Watcher,
    skips: SkipLog,
    history: list[dict[str, float]],
    seconds: float,
) -> Finished:
    """Writes the model and all that is known of it. Raises StorageFull and StoreError."""
    trials, chosen = choose(model, start, before, plan, watcher)
    verdict = verdict_of(before, Scores(dict(chosen.validation), dict(chosen.general)), plan)
    recipe = plan.recipe
    finished = Finished(
        directory=directory.path,
        steps=plan.steps,
        pairs=plan.steps * recipe.batch_size * recipe.accumulate,
        seconds=seconds,
        before=before,
        trials=tuple(trials),
        chosen=chosen,
        verdict=verdict,
        skipped=skips.by_source,
        summary=skips.summary(),
        history=tuple(history),
        versions=versions(),
    )
    with disk_errors():
        model.save_pretrained(str(directory.model), create_model_card=False)
    verdict.write(directory.path)
    card = card_of(finished, plan)
    with disk_errors():
        (directory.path / "README.md").write_text(card, encoding="utf-8")
    directory.write_json("metrics.json", finished.as_json())  # last: it says that all is there
    return finished


def versions() -> Mapping[str, str]:
    """Of Python and the libraries that the result hangs on."""
    return {"python": platform.python_version()} | {name: version(name) for name in _LIBRARIES}
