"""Whether one encoder is better than another on the same queries.

For each metric, over the queries that both answered:

- the difference, with the percentile interval of the paired bootstrap: queries are drawn with
  replacement, and both sides are measured on the same draw;
- the p-value of Fisher's randomisation test, two-sided: if the two were alike, each query's pair of
  figures could as well be swapped; p is the share of random swaps whose difference is at least as
  large, with one added to both counts (Smucker, Allan and Carterette 2007, A comparison of
  statistical significance tests for information retrieval evaluation);
- that p adjusted by Holm's method (1979) for the number of metrics tested: the chance of any false
  alarm among all of them stays below the level. Look at these where no metric was chosen before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import SourceError
from eval.retrieval.evaluation import Evaluation, finite
from eval.retrieval.metrics import MEDIANS, overall
from eval.retrieval.resampling import Bootstrap, Interval, paired_intervals

_CHUNK = 4_000_000
"""Swaps in memory at a time."""
_ROUNDING = 1e-12
PERMUTATIONS = 10_000


@dataclass(frozen=True)
class Difference:
    """One metric of two sides.

    Attributes:
        baseline, candidate: its value on either side, over the queries of both.
        difference: candidate - baseline.
        interval: of the difference; None for fewer than two queries.
        p: of the randomisation test.
        adjusted: p after Holm's method.
    """

    metric: str
    baseline: float
    candidate: float
    difference: float
    interval: Interval | None
    p: float
    adjusted: float

    def to_json(self) -> dict[str, Any]:
        document = asdict(self)
        for name in ("baseline", "candidate", "difference"):
            document[name] = finite(document[name])
        if self.interval is not None:
            document["interval"] = [finite(self.interval.low), finite(self.interval.high)]
        return document


@dataclass(frozen=True)
class Comparison:
    """Two evaluations of one task, query by query.

    Attributes:
        baseline_places, candidate_places: int64 (n,), places in either's per-query arrays of the
            queries that both have, in one order.
        differences: by metric.
        tested: number of p-values that they were adjusted for.
        notes: sentences that a reader of the figures should know.
    """

    task: str
    baseline: str
    candidate: str
    baseline_places: NDArray[np.int64]
    candidate_places: NDArray[np.int64]
    differences: Mapping[str, Difference]
    tested: int
    permutations: int
    bootstrap: Bootstrap
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "baseline": self.baseline,
            "candidate": self.candidate,
            "queries": len(self.baseline_places),
            "interval": f"paired bootstrap, B = {self.bootstrap.resamples}",
            "test": f"two-sided randomisation test, {self.permutations} swaps",
            "adjustment": f"Holm, over {self.tested} tests",
            "differences": {name: one.to_json() for name, one in self.differences.items()},
            "notes": list(self.notes),
        }


def compare(
    baseline: Evaluation, candidate: Evaluation, *, permutations: int = PERMUTATIONS
) -> Comparison:
    """The two, over the queries and the metrics of both.

    Raises SourceError unless they are of one task and share queries.
    """
    if baseline.task.name != candidate.task.name:
        raise SourceError(
            f"Evaluations of '{baseline.task.name}' and '{candidate.task.name}' can't be compared."
        )
    places = _paired(baseline, candidate)
    names = [name for name in baseline.per_query if name in candidate.per_query]
    first = {name: baseline.per_query[name][places[0]] for name in names}
    second = {name: candidate.per_query[name][places[1]] for name in names}
    bootstrap = candidate.bootstrap
    p_values = randomisation_test(first, second, permutations=permutations, seed=bootstrap.seed)
    ranges = paired_intervals(first, second, bootstrap)
    adjusted = holm(list(p_values.values()))
    differences = {}
    for name, after in zip(names, adjusted, strict=True):
        left, right = overall(name, first[name]), overall(name, second[name])
        differences[name] = Difference(
            metric=name,
            baseline=left,
            candidate=right,
            difference=_minus(right, left),
            interval=ranges.get(name),
            p=p_values[name],
            adjusted=after,
        )
    return Comparison(
        task=baseline.task.name,
        baseline=baseline.encoder,
        candidate=candidate.encoder,
        baseline_places=places[0],
        candidate_places=places[1],
        differences=differences,
        tested=len(names),
        permutations=permutations,
        bootstrap=bootstrap,
        notes=_notes(baseline, candidate, len(places[0])),
    )


def adjust_together(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with their p-values adjusted as one family: all metrics of all tasks."""
    keys = [(place, name) for place, one in enumerate(comparisons) for name in one.differences]
    adjusted = holm([comparisons[place].differences[name].p for place, name in keys])
    after = dict(zip(keys, adjusted, strict=True))
    return [
        replace(
            one,
            tested=len(keys),
            differences={
                name: replace(found, adjusted=after[place, name])
                for name, found in one.differences.items()
            },
        )
        for place, one in enumerate(comparisons)
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several, in the order given."""
    count = len(p_values)
    adjusted = [1.0] * count
    largest = 0.0
    for place, index in enumerate(sorted(range(count), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (count - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def randomisation_test(
    first: Mapping[str, NDArray[np.float64]],
    second: Mapping[str, NDArray[np.float64]],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> dict[str, float]:
    """The two-sided p-value of each metric, from float64 (queries,) of either side."""
    names = list(first)
    if not names:
        return {}
    count = len(first[names[0]])
    reached = np.zeros(len(names), dtype=np.int64)
    observed = [
        abs(_minus(overall(name, second[name]), overall(name, first[name]))) for name in names
    ]
    for swaps in _swaps(count, permutations, seed):
        for column, name in enumerate(names):
            drawn = _swapped(name, first[name], second[name], swaps)
            reached[column] += np.count_nonzero(drawn >= observed[column] - _ROUNDING)
    return {
        name: float(1 + reached[column]) / (1 + permutations) for column, name in enumerate(names)
    }


def _swapped(
    name: str,
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    swaps: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Size of the difference under each of the swaps."""
    if name in MEDIANS:
        left = np.median(np.where(swaps, second, first), axis=1)
        right = np.median(np.where(swaps, first, second), axis=1)
        with np.errstate(invalid="ignore"):  # infinite on both sides: no difference
            return np.asarray(np.where(left == right, 0.0, np.abs(right - left)))
    difference = second - first
    total = difference.sum()
    return np.asarray(np.abs(total - 2 * (swaps @ difference)) / len(difference))


def _swaps(count: int, permutations: int, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Which pairs are swapped: bool (some permutations, queries)."""
    generator = np.random.default_rng(seed)
    size = max(1, _CHUNK // count)
    for start in range(0, permutations, size):
        some = min(size, permutations - start)
        yield generator.integers(2, size=(some, count), dtype=np.uint8).astype(np.bool_)


def _paired(
    baseline: Evaluation, candidate: Evaluation
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    place_of = {name: place for place, name in enumerate(candidate.query_ids)}
    pairs = [
        (place, place_of[name]) for place, name in enumerate(baseline.query_ids) if name in place_of
    ]
    if not pairs:
        raise SourceError(f"The two evaluations of '{baseline.task.name}' share no query.")
    places = np.array(pairs, dtype=np.int64)
    return places[:, 0], places[:, 1]


def _notes(baseline: Evaluation, candidate: Evaluation, both: int) -> tuple[str, ...]:
    notes = []
    for side in (baseline, candidate):
        if len(side.rows) > both:
            only = len(side.rows) - both
            notes.append(f"{only:,} queries of '{side.encoder}' alone are not compared.")
    if baseline.gallery != candidate.gallery:
        notes.append(f"The galleries differ: {baseline.gallery:,} and {candidate.gallery:,} items.")
    return tuple(notes)


def _minus(left: float, right: float) -> float:
    """The difference, which is 0 where both are infinite."""
    return 0.0 if left == right else left - right
