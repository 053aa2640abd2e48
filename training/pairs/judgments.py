"""Pairs from human judgments, graded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from core.errors import SettingsError, SourceError
from training.pairs.items import Items
from training.pairs.pair import Side
from training.pairs.place import Place
from training.pairs.qrels import judgments
from training.pairs.query_pairs import Answers, built
from training.pairs.settings import Judgments
from training.pairs.skips import Skip
from training.pairs.source import Built


def build(name: str, settings: Judgments, place: Place) -> Built:
    """The source as `settings` say.

    Raises SourceError where no judged item is in the catalog or none is of a grade over 0, and
    SettingsError for a grade that 'weights' leaves out.
    """
    qrels = place.of(settings.qrels)
    items = Items.open(settings, place)
    queries = place.of(settings.queries) if settings.queries is not None else None
    grades: dict[Side, dict[int, float]] = defaultdict(dict)
    skips: list[Skip] = []
    for found in judgments(settings, qrels, queries):
        if isinstance(found, Skip):
            skips.append(found)
        elif found.item not in items.row_of:
            reason = f"The item '{found.item}' is not in {items.shelf.rows.name}."
            skips.append(Skip(name, found.place, reason))
        else:
            row = items.row_of[found.item]
            known = grades[found.query]
            known[row] = max(found.grade, known.get(row, found.grade))
    if not any(grade > 0 for known in grades.values() for grade in known.values()):
        raise SourceError(
            f"{qrels} has no judgment to train on: none of grade over 0 for an item of "
            f"{items.shelf.rows.name}.{_example(skips)}",
            hint="Check the columns of ids, here and in the catalog.",
            field="qrels",
        )
    weights = _weights(settings, grades)
    return built(name, settings, items, _answers(grades, weights), skips=skips)


def _example(skips: list[Skip]) -> str:
    return f" The first one: {skips[0].name}: {skips[0].reason}" if skips else ""


def _weights(
    settings: Judgments, grades: Mapping[Side, Mapping[int, float]]
) -> Mapping[float, float]:
    """Weight by grade over 0."""
    there = sorted({grade for known in grades.values() for grade in known.values() if grade > 0})
    if not settings.weights:
        return {grade: grade / there[-1] for grade in there}
    for grade in there:
        if grade not in settings.weights:
            raise SettingsError(
                f"The judgments have the grade {grade:g}, for which 'weights' has no weight.",
                hint=f"Grades: {', '.join(f'{each:g}' for each in there)}.",
                field="weights",
            )
    return settings.weights


def _answers(grades: Mapping[Side, Mapping[int, float]], weights: Mapping[float, float]) -> Answers:
    queries: list[Side] = []
    query: list[int] = []
    rows: list[int] = []
    of_pair: list[float] = []
    negatives = []
    for side, known in grades.items():
        wrong = np.array([row for row, grade in known.items() if grade <= 0], dtype=np.int64)
        right = [(row, grade) for row, grade in known.items() if grade > 0]
        if not right:
            continue
        for row, grade in right:
            query.append(len(queries))
            rows.append(row)
            of_pair.append(weights[grade])
            negatives.append(wrong)
        queries.append(side)
    return Answers(
        queries,
        np.array(query, dtype=np.int64),
        np.array(rows, dtype=np.int64),
        np.array(of_pair, dtype=np.float64),
        negatives,
    )
