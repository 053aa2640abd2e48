"""The first two steps: what there is, and the towers that are to take over."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.evaluating import chosen
from app.reembedding.run import answering
from app.release.hashes import check_unchanged, hashes_of
from app.release.record import Decision, Outcome, Step
from app.release.settings import FigureOf
from app.release.work import Lesson, Work
from core.errors import SettingsError
from eval.retrieval.sets import EvaluationSet, load_set


def prepare(work: Work) -> Outcome:
    """Look at all that the release names, before anything is spent on it.

    Raises CollectionNotFound, CollectionBusy, SettingsError and SourceError.
    """
    settings = work.settings
    with answering(work.wiring, settings.collection) as base:
        config, generation, count = base.config, base.name, base.count()
    hashes = hashes_of(_files(work))
    sets = load_sets(work)
    for figure in (*settings.gate.gain, *settings.gate.no_loss):
        _check(figure, sets[figure.set])
    return Outcome(
        Decision.PASSED,
        f"{count:,} items answer from {generation}; {len(hashes):,} files are noted.",
        {
            "generation": generation,
            "encoder": config.encoder,
            "fingerprint": config.fingerprint,
            "items": count,
            "seed": settings.seed,
            "files": hashes,
            "binocle": _version(),
        },
    )


def train(work: Work) -> Outcome:
    """The candidate: trained, or found where the file says.

    Raises SettingsError, SourceError and EncoderError.
    """
    check_unchanged(work.record.facts(Step.PREPARE)["files"])
    wanted, facts, why = work.settings.candidate, {}, "Given by its spec."
    if wanted.encoder is not None:
        spec = work.located(wanted.encoder)
    else:
        assert wanted.recipe is not None
        if work.tools.trainer is None:
            raise SettingsError("Nothing can be trained here.", hint="Name an 'encoder' instead.")
        lesson = Lesson(
            recipe=work.path(wanted.recipe),
            changes=wanted.set,
            run=work.folder / "run",
            bundle=work.folder / "bundle" if wanted.bundle else None,
            precision=wanted.precision,
            name=work.record.name,
        )
        trained = work.tools.trainer(lesson)
        if trained.refused:
            return Outcome(Decision.REFUSED, trained.refused, dict(trained.facts))
        spec, facts, why = trained.spec, dict(trained.facts), f"Trained by {wanted.recipe}."
    encoder = work.wiring.encoders.fetch(spec)
    found = {**facts, "encoder": spec, "fingerprint": encoder.fingerprint, "dim": encoder.dim}
    if encoder.fingerprint == work.record.facts(Step.PREPARE)["fingerprint"]:
        return Outcome(Decision.REFUSED, "These are the very towers that answer already.", found)
    return Outcome(Decision.PASSED, f"{why} {encoder.name}, {encoder.fingerprint}.", found)


def load_sets(work: Work) -> dict[str, EvaluationSet]:
    """The evaluation sets of the gate, by the names that its file has for them."""
    gate = work.settings.gate
    return {
        name: load_set(work.path(name), limit=gate.limit, seed=work.settings.seed)
        for name in gate.sets
    }


def _check(figure: FigureOf, found: EvaluationSet) -> None:
    """Raises InvalidRequest for an unknown task, SettingsError for fields that it has not."""
    (task,) = chosen(found.tasks, [figure.task])
    for field in (*figure.where, *figure.slices):
        values = task.attributes.get(field)
        if values is None:
            raise SettingsError(
                f"Task '{figure.task}' of {figure.set} has no slices by '{field}'.",
                hint="Name the field in the task's 'slices'.",
                field="gate",
            )
        value = figure.where.get(field)
        if value is not None and value not in values:
            raise SettingsError(
                f"No query of task '{figure.task}' of {figure.set} has '{value}' as '{field}'.",
                field="gate",
            )


def _files(work: Work) -> Iterator[Path]:
    settings = work.settings
    if settings.candidate.recipe is not None:
        yield work.path(settings.candidate.recipe)
    for text in (*settings.gate.sets, *settings.data):
        yield work.path(text)
    for given in (settings.shadow.log, settings.shadow.queries):
        if given is not None:
            yield work.path(given)


def _version() -> str:
    try:
        return version("binocle")
    except PackageNotFoundError:
        return "unknown"
