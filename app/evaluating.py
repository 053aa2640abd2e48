"""Runs the tasks of an evaluation set, over encoders or over a live collection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from app.live_evaluation import evaluate_live, searchable
from app.wiring import Wiring
from core.errors import InvalidRequest
from encoders.encoder import Encoder
from eval.retrieval.cache import VectorFile, VectorMemory
from eval.retrieval.encoding import Encoding
from eval.retrieval.evaluate import evaluate
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.measuring import Measuring
from eval.retrieval.significance import Comparison, adjust_together, compare
from eval.retrieval.tasks import RetrievalTask, Task
from eval.robustness.drops import Robustness
from eval.robustness.study import Study, robustness
from ingestion.limits import Limits, cores

Watch = Callable[[str], Callable[[int, int], None]]
"""Told the name of each step; gives what is told its progress: numbers done and of all."""


@dataclass(frozen=True)
class Run:
    """How a set is evaluated.

    Args:
        cache: a folder for vectors between runs; None keeps them for this run only.
        study: of robustness, where it is wanted.
    """

    measuring: Measuring
    limits: Limits
    watch: Watch
    cache: Path | None = None
    study: Study | None = None


@dataclass
class Outcome:
    """What was measured; the lists of a task's figures have the order of the tasks."""

    evaluations: list[Evaluation] = field(default_factory=list)
    baselines: list[Evaluation] = field(default_factory=list)
    studies: list[Robustness] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def comparisons(self) -> list[Comparison]:
        """Each evaluation against the baseline, p-values adjusted over all of them."""
        pairs = zip(self.baselines, self.evaluations, strict=False)
        return adjust_together([compare(before, after) for before, after in pairs])

    @property
    def complete(self) -> bool:
        """Whether every image could be read."""
        left = [one.left_out for one in (*self.evaluations, *self.baselines)]
        return not any(one.unreadable_items or one.unreadable_queries for one in left)


def chosen(tasks: Sequence[Task], names: Sequence[str]) -> list[Task]:
    """The tasks of these names, or all for no names. Raises InvalidRequest for an unknown name."""
    known = [task.name for task in tasks]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise InvalidRequest(
                f"The set has no task '{name}'.",
                hint=(f"Did you mean '{near[0]}'? " if near else "")
                + f"Tasks: {', '.join(known)}.",
                field="task",
            )
    return [task for task in tasks if not names or task.name in names]


def evaluate_encoders(
    tasks: Sequence[Task], encoder: Encoder, run: Run, *, baseline: Encoder | None = None
) -> Outcome:
    """The encoder on each task, by exact search, and the baseline beside it."""
    outcome = Outcome()
    sides = [(encoder, outcome.evaluations)]
    if baseline is not None:
        sides.append((baseline, outcome.baselines))
    for one, found in sides:
        with _encoding(one, run) as encoding:
            for task in tasks:
                how = replace(encoding, progress=run.watch(f"{task.name}, {one.name}"))
                found.append(evaluate(one, task, measuring=run.measuring, encoding=how))
            if run.study is not None:
                outcome.studies += _studies(tasks, one, run.study, encoding, run)
    return outcome


def evaluate_collection(tasks: Sequence[Task], wiring: Wiring, name: str, run: Run) -> Outcome:
    """A live collection on each task that it can answer; exact search is the baseline.

    Raises InvalidRequest where it can answer none.
    """
    outcome = Outcome()
    able = [task for task in tasks if isinstance(task, RetrievalTask) and searchable(task)]
    passed_over = [task.name for task in tasks if not searchable(task)]
    if not able:
        raise InvalidRequest(
            "A collection holds images, and none of these tasks asks for images.",
            hint="Leave --collection out to evaluate the encoder.",
            field="collection",
        )
    if passed_over:
        outcome.notes.append(f"Not asked of a collection: {', '.join(passed_over)}.")
    with _encoding(wiring.encoder(), run) as encoding:
        for task in able:
            how = replace(encoding, progress=run.watch(f"{task.name}, {name}"))
            found = evaluate_live(wiring, name, task, measuring=run.measuring, encoding=how)
            outcome.evaluations.append(found.live)
            outcome.baselines.append(found.exact)
    return outcome


def _studies(
    tasks: Sequence[Task], encoder: Encoder, study: Study, encoding: Encoding, run: Run
) -> Iterator[Robustness]:
    for task in tasks:
        progress = run.watch(f"{task.name}, {encoder.name}, corruptions")
        yield robustness(
            encoder, task, study, measuring=run.measuring, encoding=encoding, progress=progress
        )


@contextmanager
def _encoding(encoder: Encoder, run: Run) -> Iterator[Encoding]:
    """How this encoder encodes; its vectors are kept for all tasks."""
    cache = VectorMemory() if run.cache is None else VectorFile(run.cache, encoder)
    with closing(cache):
        yield Encoding(limits=run.limits, cache=cache, encoders=cores())
