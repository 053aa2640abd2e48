"""Measures what corruptions cost an encoder on a task.

Where the queries are images, they are corrupted and the gallery stays as it is: the case of a
person's photo against a shop's pictures. Where they are texts, the pictures of the gallery are
corrupted, all of them alike: the case of a marketplace that shows what people upload. In
zero-shot classification the pictures are what is classified. What texts lose is not measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.errors import EncoderError, InvalidRequest
from encoders.encoder import Encoder
from eval.retrieval.encoding import Encoding, Transform, encode_members
from eval.retrieval.evaluate import evaluate
from eval.retrieval.evaluation import Evaluation
from eval.retrieval.judging import Side, judge
from eval.retrieval.judgments import Judgments
from eval.retrieval.measuring import Measuring
from eval.retrieval.metrics import LOWER_IS_BETTER
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.tasks import RetrievalTask, Task, ZeroShotTask
from eval.robustness.corruption import (
    CORRUPTIONS,
    SEVERITIES,
    Corruption,
    check_severities,
    chosen_corruptions,
)
from eval.robustness.drops import Condition, Drops, Robustness, estimate_drops

Progress = Callable[[int, int], None]
_USUAL_CUT = 10


@dataclass(frozen=True)
class Study:
    """What is measured.

    Args:
        corruptions: names, see `eval.robustness.corruption`.
        severities: 1 to 5.
        metric: of the evaluation, higher is better; "" is 'ndcg@10', or at the nearest cut that
            is measured, and for zero-shot classification 'top1'.
        seed: of what is random in the corruptions.

    Raises InvalidRequest for an unknown corruption or severity, or none at all.
    """

    corruptions: Sequence[str] = tuple(CORRUPTIONS)
    severities: Sequence[int] = SEVERITIES
    metric: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        chosen_corruptions(self.corruptions)
        check_severities(self.severities)
        if not self.corruptions or not self.severities:
            raise InvalidRequest("A study of robustness needs a corruption and a severity.")

    def conditions(self) -> list[tuple[Corruption, int]]:
        """Each corruption at each severity, in order and once."""
        severities = sorted(set(self.severities))
        return [
            (corruption, severity)
            for corruption in chosen_corruptions(self.corruptions)
            for severity in severities
        ]


def robustness(
    encoder: Encoder,
    task: Task,
    study: Study | None = None,
    *,
    measuring: Measuring | None = None,
    encoding: Encoding | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """The score of the clean pictures, and how far each corruption at each severity lowers it.

    The pictures are read again for each condition, a few at a time, and only vectors are kept.

    Args:
        encoding: limits and cache; the cache serves the clean pictures.
        progress: told the number of conditions done and of all.

    Raises InvalidRequest when the metric is not measured or lower is better, and all that
    `evaluate` raises.
    """
    study = study or Study()
    measuring = measuring or Measuring()
    # The intervals of each evaluation and its slices would be thrown away.
    quick = replace(measuring, bootstrap=replace(measuring.bootstrap, resamples=1))
    conditions = study.conditions()
    evaluations = _evaluations(
        encoder, _without_attributes(task), conditions, study.seed, quick, encoding or Encoding()
    )
    clean = next(evaluations)
    metric = study.metric or _usual_metric(clean)
    _check_metric(metric, clean)
    scores = []
    for done, evaluation in enumerate(evaluations, start=1):
        _check_paired(clean, evaluation, conditions[done - 1])
        scores.append(evaluation.per_query[metric])
        if progress:
            progress(done, len(conditions))
    drops = estimate_drops(clean.per_query[metric], scores, measuring.bootstrap)
    return _robustness(clean, metric, study.seed, measuring.bootstrap, conditions, scores, drops)


def _usual_metric(clean: Evaluation) -> str:
    if isinstance(clean.task, ZeroShotTask):
        return "top1"
    return f"ndcg@{max((k for k in clean.ks if k <= _USUAL_CUT), default=min(clean.ks))}"


def _check_paired(
    clean: Evaluation, corrupted: Evaluation, condition: tuple[Corruption, int]
) -> None:
    """Raises EncoderError where a query is lost: the two would not be of the same queries."""
    if not np.array_equal(clean.rows, corrupted.rows):
        raise EncoderError(
            f"The encoder '{clean.encoder}' can't encode every picture of task "
            f"'{clean.task.name}' under {condition[0].name} at severity {condition[1]}."
        )


def _check_metric(metric: str, clean: Evaluation) -> None:
    falling = [name for name in clean.per_query if name not in LOWER_IS_BETTER]
    if metric not in falling:
        raise InvalidRequest(
            f"The drop of '{metric}' can't be measured on task '{clean.task.name}'.",
            hint=f"That of these can: {', '.join(falling)}.",
            field="metric",
        )


def _evaluations(
    encoder: Encoder,
    task: Task,
    conditions: Sequence[tuple[Corruption, int]],
    seed: int,
    measuring: Measuring,
    encoding: Encoding,
) -> Iterator[Evaluation]:
    """The task with clean pictures, then under each condition."""
    if isinstance(task, ZeroShotTask):
        yield evaluate(encoder, task, measuring=measuring, encoding=encoding)
        for corruption, severity in conditions:
            change = _transform(corruption, severity, task.item_ids, seed)
            how = replace(encoding, transform=change)
            yield evaluate(encoder, task, measuring=measuring, encoding=how)
        return
    Judgments(task, measuring.unknown)  # refuses before the encoder works for nothing
    side = Side(encoder.name, encoder.fingerprint)
    items = encode_members(encoder, task.item_ids, task.items, encoding)
    queries = encode_members(encoder, task.query_ids, task.queries, encoding)
    yield judge(task, side, queries, items, measuring=measuring)
    of_queries = corrupted_part(task) == "queries"
    ids, members = (task.query_ids, task.queries) if of_queries else (task.item_ids, task.items)
    for corruption, severity in conditions:
        how = replace(encoding, transform=_transform(corruption, severity, ids, seed))
        changed = encode_members(encoder, ids, members, how)
        pair = (changed, items) if of_queries else (queries, changed)
        yield judge(task, side, *pair, measuring=measuring)


def corrupted_part(task: Task) -> str:
    """'queries' where these are images (or classified), else 'gallery'."""
    return "gallery" if task.direction.startswith("text") else "queries"


def _transform(corruption: Corruption, severity: int, ids: Sequence[str], seed: int) -> Transform:
    def change(image: Image.Image, row: int) -> Image.Image:
        return corruption(image, severity, key=ids[row], seed=seed)

    return change


def _without_attributes(task: Task) -> Task:
    if isinstance(task, RetrievalTask):
        return replace(task, attributes={}, item_attributes={})
    return replace(task, attributes={})


def _robustness(
    clean: Evaluation,
    metric: str,
    seed: int,
    bootstrap: Bootstrap,
    conditions: Sequence[tuple[Corruption, int]],
    scores: Sequence[NDArray[np.float64]],
    drops: Drops,
) -> Robustness:
    measured = zip(conditions, scores, drops.drops, drops.relatives, strict=True)
    return Robustness(
        task=clean.task.name,
        direction=clean.task.direction,
        encoder=clean.encoder,
        fingerprint=clean.fingerprint,
        corrupted=corrupted_part(clean.task),
        metric=metric,
        queries=len(clean.rows),
        seed=seed,
        bootstrap=bootstrap,
        clean=drops.clean,
        conditions=tuple(
            Condition(corruption.name, severity, float(values.mean()), drop, relative)
            for (corruption, severity), values, drop, relative in measured
        ),
        mean_drop=drops.mean_drop,
        mean_relative=drops.mean_relative,
    )
