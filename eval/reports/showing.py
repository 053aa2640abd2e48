"""Which queries are worth looking at, and what each found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.retrieval.evaluation import Evaluation, query_ids
from eval.retrieval.metrics import MEDIAN_RANK
from eval.retrieval.tasks import Member, RetrievalTask, Task


@dataclass(frozen=True)
class Shown:
    """A query or an item on the page."""

    id: str
    member: Member
    grade: float = 0.0
    """Over 0: relevant to the query."""


@dataclass(frozen=True)
class Example:
    """One query with what it should find and what it found.

    Attributes:
        relevant: some of the relevant items, the best grades first.
        relevant_count: how many there are.
        found: the best items, best first.
        before: the same by the baseline; empty without one.
        rank: of the first relevant item, from 1; None where it is unknown.
        rank_before: by the baseline; None without one.
    """

    query: Shown
    relevant: tuple[Shown, ...]
    relevant_count: int
    found: tuple[Shown, ...]
    before: tuple[Shown, ...]
    rank: int | None
    rank_before: int | None


@dataclass(frozen=True)
class Looking:
    """How many queries, relevant items and results are shown."""

    queries: int = 6
    relevant: int = 3
    results: int = 6


@dataclass(frozen=True)
class Gallery:
    """Examples under a heading."""

    title: str
    explanation: str
    examples: tuple[Example, ...]


_BEST = ("Best queries", "The queries that were answered best.")
_WORST = ("Worst queries", "The queries that were answered worst.")
_RISEN = ("Better than before", "The first relevant item rose most against the baseline.")
_FALLEN = ("Worse than before", "The first relevant item fell most against the baseline.")


def galleries(
    evaluation: Evaluation, baseline: Evaluation | None, looking: Looking
) -> tuple[Gallery, ...]:
    """Against a baseline the queries that changed most; then the best and the worst ones.

    Of queries that share one set of relevant items, as those of one label do, the first alone is
    shown as long as there are others.
    """
    order = np.argsort(_quality(evaluation), kind="stable")
    half = len(order) // 2
    chosen = [(_BEST, order[::-1][:half]), (_WORST, order[: len(order) - half])]
    if baseline is not None:
        better, worse = _changed(evaluation, baseline)
        chosen = [(_RISEN, better), (_FALLEN, worse), *chosen]
    examples = _Examples(evaluation, baseline, looking)
    return tuple(
        Gallery(
            *words,
            tuple(
                examples.at(place, with_baseline=words in (_RISEN, _FALLEN))
                for place in _varied(evaluation, places, looking.queries)
            ),
        )
        for words, places in chosen
        if len(places)
    )


def _varied(evaluation: Evaluation, places: NDArray[np.int64], count: int) -> list[int]:
    """The first `count` places, those that repeat a set of relevant items put last."""
    seen: set[int | str] = set()
    fresh: list[int] = []
    repeated: list[int] = []
    for place in places:
        if len(fresh) == count:
            break
        answer = _answer_key(evaluation.task, int(evaluation.rows[place]))
        (repeated if answer in seen else fresh).append(int(place))
        seen.add(answer)
    return [*fresh, *repeated][:count]


def _answer_key(task: Task, row: int) -> int | str:
    """Equal for queries of one answer: a label, or judgments that are one and the same mapping."""
    if not isinstance(task, RetrievalTask):
        return task.labels[row]
    return id(task.qrels.get(task.query_ids[row]))


def first_ranks(evaluation: Evaluation) -> NDArray[np.float64] | None:
    """float64 (queries,): the rank of the first relevant item; None where it is not measured."""
    return evaluation.per_query.get(MEDIAN_RANK)


def _quality(evaluation: Evaluation) -> NDArray[np.float64]:
    """Higher is better: average precision, or how many of the tops hold the class."""
    if "map" in evaluation.per_query:
        return evaluation.per_query["map"]
    return np.asarray(np.sum(list(evaluation.per_query.values()), axis=0))


def _changed(
    evaluation: Evaluation, baseline: Evaluation
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the queries that rose and that fell, by the ratio of the ranks, most first."""
    after, before = _aligned_ranks(evaluation, baseline)
    with np.errstate(invalid="ignore"):
        change = np.nan_to_num(np.log(before) - np.log(after))
    order = np.argsort(change, kind="stable")
    return order[::-1][change[order[::-1]] > 0], order[change[order] < 0]


def _aligned_ranks(
    evaluation: Evaluation, baseline: Evaluation
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Ranks after and before, by the places of `evaluation`; NaN where one is not known."""
    count = len(evaluation.rows)
    after, old = first_ranks(evaluation), first_ranks(baseline)
    nothing = np.full(count, np.nan)
    if after is None or old is None:
        return nothing, nothing
    place_of = _places(baseline)
    places = [place_of.get(name) for name in evaluation.query_ids]
    before = np.array([np.nan if place is None else old[place] for place in places])
    return after, before


class _Examples:
    """Looks queries up in a task, with indexes that all of them share."""

    def __init__(
        self, evaluation: Evaluation, baseline: Evaluation | None, looking: Looking
    ) -> None:
        self._evaluation = evaluation
        self._baseline = baseline
        self._looking = looking
        self._answers = _answers(evaluation.task)
        self._places_before = {} if baseline is None else _places(baseline)

    def at(self, place: int, *, with_baseline: bool) -> Example:
        """The query at this place of the evaluation; with what the baseline found, or its rank."""
        task = self._evaluation.task
        row = int(self._evaluation.rows[place])
        query_id = query_ids(task)[row]
        grades = self._grades(task, row)
        best = sorted(grades, key=lambda item: (-grades[item], item))[: self._looking.relevant]
        before, rank_before = self._before(query_id, grades)
        return Example(
            query=Shown(query_id, _queries(task)[row]),
            relevant=tuple(Shown(item, self._answers[item], grades[item]) for item in best),
            relevant_count=len(grades),
            found=self._found(self._evaluation, place, grades),
            before=before if with_baseline else (),
            rank=_rank(self._evaluation, place),
            rank_before=rank_before,
        )

    def _before(
        self, query_id: str, grades: Mapping[str, float]
    ) -> tuple[tuple[Shown, ...], int | None]:
        place = self._places_before.get(query_id)
        if self._baseline is None or place is None:
            return (), None
        return self._found(self._baseline, place, grades), _rank(self._baseline, place)

    def _found(
        self, evaluation: Evaluation, place: int, grades: Mapping[str, float]
    ) -> tuple[Shown, ...]:
        return tuple(
            Shown(item, self._answers[item], grades.get(item, 0.0))
            for item in evaluation.top(place, self._looking.results)
            if item in self._answers
        )

    def _grades(self, task: Task, row: int) -> dict[str, float]:
        """By id the grades of what is relevant to a query and can be found by it."""
        if not isinstance(task, RetrievalTask):
            return {task.labels[row]: 1.0}
        query_id = task.query_ids[row]
        return {
            item: grade
            for item, grade in task.qrels.get(query_id, {}).items()
            if grade > 0
            and grade >= task.relevant_from
            and item in self._answers
            and not (task.exclude_self and item == query_id)
        }


def _answers(task: Task) -> dict[str, Member]:
    """What can be found, by id."""
    if isinstance(task, RetrievalTask):
        return dict(zip(task.item_ids, task.items, strict=True))
    return {name: name for name in task.classes}


def _queries(task: Task) -> Sequence[Member]:
    return task.queries if isinstance(task, RetrievalTask) else task.items


def _places(evaluation: Evaluation) -> dict[str, int]:
    return {name: place for place, name in enumerate(evaluation.query_ids)}


def _rank(evaluation: Evaluation, place: int) -> int | None:
    ranks = first_ranks(evaluation)
    if ranks is None or not np.isfinite(ranks[place]):
        return None
    return int(ranks[place])
