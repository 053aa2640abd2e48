"""Scores of a model in training, on tasks of the evaluation's own kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from core.errors import SettingsError
from core.items import ImageSource
from encoders.sentence.encoder import SentenceEncoder
from eval.retrieval.cache import VectorMemory
from eval.retrieval.encoding import Encoding
from eval.retrieval.evaluate import evaluate
from eval.retrieval.measuring import Measuring
from eval.retrieval.resampling import Bootstrap
from eval.retrieval.sets import load_set
from eval.retrieval.tasks import RetrievalTask, Task, ZeroShotTask
from training.pairs.identity import false_negatives
from training.pairs.pair import Pair, Side
from training.pairs.source import Built, held_out

_ZERO_SHOT = "top1"


@dataclass(frozen=True)
class Scorer:
    """Tasks, and the metric that retrieval tasks are judged by; zero-shot tasks by their top-1."""

    tasks: tuple[Task, ...]
    metric: str

    def scores(self, model: SentenceTransformer) -> dict[str, float]:
        """The metric by task, 0 to 1.

        Raises SettingsError where a task has no such metric.
        """
        encoder = SentenceEncoder(model, "training")
        encoding = Encoding(cache=VectorMemory())  # tasks over one gallery encode it once
        return {task.name: self._score(encoder, task, encoding) for task in self.tasks}

    def _score(self, encoder: SentenceEncoder, task: Task, encoding: Encoding) -> float:
        cut = self.metric.rpartition("@")[2]
        cuts = (int(cut),) if cut.isdigit() else (1,)
        measuring = Measuring(cuts, bootstrap=Bootstrap(resamples=1))  # intervals are not asked for
        means = evaluate(encoder, task, measuring=measuring, encoding=encoding).means
        metric = _ZERO_SHOT if isinstance(task, ZeroShotTask) else self.metric
        if metric not in means:
            raise SettingsError(
                f"Task '{task.name}' has no metric '{metric}'.",
                hint=f"There are: {', '.join(sorted(means))}.",
                field="metric",
            )
        return float(means[metric])


def tasks_in(path: Path) -> tuple[Task, ...]:
    """The tasks of an evaluation set. Errors as `load_set`."""
    return load_set(path).tasks


def held_out_tasks(built: Sequence[Built], limit: int) -> tuple[Task, ...]:
    """A task for each source that holds pairs out, and for each kind of pairs in it."""
    tasks: list[Task] = []
    for one in built:
        pairs = held_out(one)
        step = max(1, -(-len(pairs) // limit))
        chosen = [pairs[place] for place in range(0, len(pairs), step)]
        for kind, members in _by_kind(chosen).items():
            tasks.append(_task(f"{one.source.name} ({kind})", members))
    return tuple(tasks)


def _by_kind(pairs: Iterable[Pair]) -> Mapping[str, list[Pair]]:
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.anchor != pair.positive:  # two views of one image are no question
            found.setdefault(f"{_kind(pair.anchor)}->{_kind(pair.positive)}", []).append(pair)
    return found


def _kind(side: Side) -> str:
    return "text" if isinstance(side, str) else "image"


def _task(name: str, pairs: Sequence[Pair]) -> RetrievalTask:
    """Anchors ask for positives; what is also right for an anchor is relevant, too."""
    queries, asked = _distinct([pair.anchor for pair in pairs])
    items, answers = _distinct([pair.positive for pair in pairs])
    right = false_negatives(pairs) | np.eye(len(pairs), dtype=bool)
    qrels: dict[str, dict[str, float]] = {}
    for place, query in enumerate(asked):
        relevant = qrels.setdefault(query, {})
        for other in np.flatnonzero(right[place]):
            if answers[other] != query:  # an image is not the answer to itself
                relevant[answers[other]] = 1.0
    return RetrievalTask(
        name=name,
        query_ids=list(queries),
        queries=list(queries.values()),
        item_ids=list(items),
        items=list(items.values()),
        qrels=qrels,
        exclude_self=True,
    )


def _distinct(sides: Sequence[Side]) -> tuple[dict[str, Side], list[str]]:
    """The different sides by id, and the id of each of `sides`. Equal images have equal ids."""
    ids = [side if isinstance(side, str) else _image_id(side) for side in sides]
    return dict(zip(ids, sides, strict=True)), ids


def _image_id(image: ImageSource) -> str:
    return image.reference or blake2b(image.data or b"", digest_size=16).hexdigest()
