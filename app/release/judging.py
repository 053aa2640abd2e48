"""The gate: both models on fixed sets, and whether the candidate may go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from app.evaluating import Outcome as Measured
from app.evaluating import Run, chosen, evaluate_encoders
from app.reembedding.run import answering
from app.release.hashes import check_unchanged
from app.release.preparing import load_sets
from app.release.record import Decision, Outcome, Step
from app.release.settings import FigureOf
from app.release.work import Work
from core.disk import disk_errors
from core.errors import GenerationChanged
from encoders.encoder import Encoder
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.gate import Figure, Want, decide, paired_values, slice_places
from eval.retrieval.measuring import Measuring
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.sets import EvaluationSet


@dataclass(frozen=True)
class _Sides:
    """One task, of the model that serves and of the candidate."""

    before: Evaluation
    after: Evaluation


def evaluate(work: Work) -> Outcome:
    """Both models on every set that the gate names, and its verdict.

    Raises SettingsError, SourceError, EncoderError, EncoderMismatch, and GenerationChanged where
    another model answers by now than when the release began.
    """
    prepared = work.record.facts(Step.PREPARE)
    check_unchanged(prepared["files"])
    serving, candidate = _serving(work, str(prepared["fingerprint"])), work.candidate()
    gate = work.settings.gate
    bootstrap = Bootstrap(seed=work.settings.seed)
    sides: dict[tuple[str, str], _Sides] = {}
    for name, found in load_sets(work).items():
        measured = _measured(work, name, found, (serving, candidate), bootstrap)
        for before, after in zip(measured.baselines, measured.evaluations, strict=True):
            sides[name, before.task.name] = _Sides(before, after)
    figures = [*_figures(gate.gain, "gain", sides), *_figures(gate.no_loss, "no loss", sides)]
    verdict = decide(figures, gate.rule, bootstrap)
    _keep(work, sides)
    decision = Decision.PASSED if verdict.passed else Decision.REFUSED
    facts = {
        "serving": serving.fingerprint,
        "candidate": candidate.fingerprint,
        "rule": vars(gate.rule),
        "figures": [one.as_json() for one in verdict.findings],
    }
    return Outcome(decision, verdict.why, facts)


def _serving(work: Work, fingerprint: str) -> Encoder:
    with answering(work.wiring, work.settings.collection) as base:
        config = base.config
    if config.fingerprint != fingerprint:
        raise GenerationChanged(
            f"Collection '{work.settings.collection}' answers by another model than when the "
            "release began.",
            hint="Abort the release, and start another.",
        )
    return work.wiring.encoder_of(work.settings.collection, config)


def _measured(
    work: Work,
    name: str,
    found: EvaluationSet,
    encoders: tuple[Encoder, Encoder],
    bootstrap: Bootstrap,
) -> Measured:
    gate = work.settings.gate
    named = [one for one in (*gate.gain, *gate.no_loss) if one.set == name]
    parts = (one.metric.partition("@")[2] for one in named)
    cuts = [int(cut) for cut in parts if cut.isdigit()]
    measuring = Measuring(tuple({*found.ks, *cuts}), found.gain, bootstrap=bootstrap)
    tasks = chosen(found.tasks, list(dict.fromkeys(one.task for one in named)))

    def watch(what: str) -> Callable[[int, int], None]:
        work.tools.told(f"Evaluating {what}")
        return lambda _, __: None

    run = Run(measuring, work.wiring.limits(), watch)
    return evaluate_encoders(tasks, encoders[1], run, baseline=encoders[0])


def _figures(
    wanted: list[FigureOf], want: Want, sides: Mapping[tuple[str, str], _Sides]
) -> Iterator[Figure]:
    for one in wanted:
        side = sides[one.set, one.task]
        before, after = paired_values(side.before, side.after, one.metric)
        name = f"{one.set} {one.task} {one.metric}"
        if not one.where:
            yield Figure(name, one.metric, want, before, after)
        for field, value in one.where.items():
            rows = slice_places(side.before, field).get(value, np.zeros(0, np.int64))
            yield Figure(f"{name}, {field} {value}", one.metric, want, before[rows], after[rows])
        for field in one.slices:
            for value, rows in slice_places(side.before, field).items():
                told = f"{name}, {field} {value}"
                yield Figure(told, one.metric, "no loss", before[rows], after[rows], explicit=False)


def _keep(work: Work, sides: Mapping[tuple[str, str], _Sides]) -> None:
    """All figures of both sides, for whoever wants to look closer."""
    document = [
        {"set": name, "serving": side.before.to_json(), "candidate": side.after.to_json()}
        for (name, _), side in sides.items()
    ]
    with disk_errors():
        (work.folder / "evaluation.json").write_text(json.dumps(document, indent=2))
