"""Whether a model may take another's place: no loss at anything named, a gain at something named.

Both sides answer the same queries. Every named figure is compared by the paired randomisation test
of `eval.retrieval.significance`, and its p-values adjusted by Holm's method: those of the figures
that must not fall as one family, those of the figures that may rise as another. A fall of more than
`most` is a loss also where the queries are too few to prove it; and a figure over fewer than
`least` queries decides nothing, so a gate that names one refuses. Of slices that are not named one
by one, small ones are passed over, and only significant falls count: some of many fall by chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import SettingsError
from eval.retrieval.evaluation import Evaluation, finite, query_ids
from eval.retrieval.metrics import LOWER_IS_BETTER, overall
from eval.retrieval.resampling import Bootstrap, Interval, paired_intervals
from eval.retrieval.significance import PERMUTATIONS, holm, randomisation_test

Want = Literal["no loss", "gain"]


@dataclass(frozen=True)
class Rule:
    """When a figure has risen or fallen.

    Attributes:
        level: of significance, two-sided, for each of the two families.
        most: the largest fall that is borne where it is not significant, in the metric's own unit.
        least: fewest queries that a figure is judged by. Five can't reach a level of 0.05.
    """

    level: float = 0.05
    most: float = 0.05
    least: int = 10


@dataclass(frozen=True)
class Figure:
    """One metric of one task, or of a slice of it, on both sides.

    Attributes:
        name: for people, such as 'shop.yaml searches ndcg@10, brand acme'.
        before, after: float64 (queries,), of the model that serves and of the one that is to.
        explicit: whether the file names it; False for one of all slices of a field.
    """

    name: str
    metric: str
    want: Want
    before: NDArray[np.float64] = field(repr=False)
    after: NDArray[np.float64] = field(repr=False)
    explicit: bool = True


@dataclass(frozen=True)
class Finding:
    """What was found of a figure.

    Attributes:
        change: after - before, so that more is better: of a rank its negative.
        interval: of `change`; None for fewer than two queries.
        p: adjusted; None where there were too few queries.
    """

    name: str
    want: Want
    queries: int
    before: float
    after: float
    change: float
    interval: Interval | None
    p: float | None
    outcome: Literal["gain", "loss", "even", "too few"]

    def as_json(self) -> dict[str, Any]:
        interval = self.interval
        return {
            "name": self.name,
            "want": self.want,
            "queries": self.queries,
            "before": finite(self.before),
            "after": finite(self.after),
            "change": finite(self.change),
            "interval": None if interval is None else [finite(interval.low), finite(interval.high)],
            "p": self.p,
            "outcome": self.outcome,
        }


@dataclass(frozen=True)
class GateVerdict:
    """Whether the gate lets the model through, and why."""

    passed: bool
    why: str
    findings: tuple[Finding, ...]


def decide(figures: Sequence[Figure], rule: Rule, bootstrap: Bootstrap) -> GateVerdict:
    """The verdict over all figures. Raises SettingsError where none is named as a gain."""
    if not any(one.want == "gain" for one in figures):
        raise SettingsError(
            "The gate names no figure that is to rise.",
            hint="A release that gains nothing is not worth its risk: name one under 'gain'.",
            field="gate.gain",
        )
    adjusted = _adjusted(figures, rule, bootstrap)
    findings = tuple(
        _finding(one, adjusted.get(place), rule, bootstrap) for place, one in enumerate(figures)
    )
    explicit = {one.name for one in figures if one.explicit}
    few = [one for one in findings if one.outcome == "too few" and one.name in explicit]
    losses = [one for one in findings if one.outcome == "loss"]
    gains = [one for one in findings if one.outcome == "gain" and one.want == "gain"]
    if few:
        least = f"{few[0].queries} queries, and {rule.least} are the least"
        return GateVerdict(False, f"{few[0].name} can't be judged: {least}.", findings)
    if losses:
        told = "; ".join(_told(one) for one in losses)
        return GateVerdict(False, f"Lost: {told}.", findings)
    if not gains:
        return GateVerdict(False, "Nothing named as a gain has risen significantly.", findings)
    return GateVerdict(True, f"Gained: {'; '.join(_told(one) for one in gains)}.", findings)


def slice_places(evaluation: Evaluation, name: str) -> dict[str, NDArray[np.int64]]:
    """By value of the attribute `name` of the queries, places in the per-query arrays.

    Raises SettingsError where the task has no such attribute.
    """
    known = evaluation.task.attributes
    if name not in known:
        listed = ", ".join(known) or "none"
        raise SettingsError(
            f"The task '{evaluation.task.name}' has no slices by '{name}'.",
            hint=f"Name the field in the set's 'slices'; there are: {listed}.",
            field="gate",
        )
    places: dict[str, list[int]] = {}
    for place, row in enumerate(evaluation.rows):
        value = known[name][row]
        if value is not None:
            places.setdefault(value, []).append(place)
    return {value: np.array(found, dtype=np.int64) for value, found in places.items()}


def paired_values(
    before: Evaluation, after: Evaluation, metric: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """float64 (queries,) of either side, in one order.

    Raises SettingsError for a metric that is not there, or where the sides answered other queries.
    """
    for side in (before, after):
        if metric not in side.per_query:
            raise SettingsError(
                f"The task '{side.task.name}' has no metric '{metric}'.",
                hint=f"There are: {', '.join(side.per_query)}.",
                field="gate",
            )
    if before.query_ids != after.query_ids:
        lost = sorted({*before.query_ids} ^ {*after.query_ids})
        raise SettingsError(
            f"The two models answered other queries of '{before.task.name}', such as '{lost[0]}'.",
            hint="An image that only one of them can read? See what the evaluation left out.",
        )
    assert len(query_ids(before.task)) == len(query_ids(after.task))
    return before.per_query[metric], after.per_query[metric]


def _adjusted(figures: Sequence[Figure], rule: Rule, bootstrap: Bootstrap) -> Mapping[int, float]:
    """p by place of the figure, adjusted within its family; none for those of too few queries."""
    answer: dict[int, float] = {}
    for want in ("no loss", "gain"):
        places = [
            place
            for place, one in enumerate(figures)
            if one.want == want and len(one.before) >= rule.least
        ]
        found = [
            randomisation_test(
                {figures[place].metric: figures[place].before},
                {figures[place].metric: figures[place].after},
                permutations=PERMUTATIONS,
                seed=bootstrap.seed,
            )[figures[place].metric]
            for place in places
        ]
        answer.update(zip(places, holm(found), strict=True))
    return answer


def _finding(figure: Figure, p: float | None, rule: Rule, bootstrap: Bootstrap) -> Finding:
    metric, count = figure.metric, len(figure.before)
    sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
    before = overall(metric, figure.before) if count else float("nan")
    after = overall(metric, figure.after) if count else float("nan")
    change = 0.0 if before == after else sign * (after - before)
    interval = (
        paired_intervals({metric: figure.before}, {metric: figure.after}, bootstrap).get(metric)
        if count > 1
        else None
    )
    if interval is not None and sign < 0:
        interval = Interval(-interval.high, -interval.low)
    outcome: Literal["gain", "loss", "even", "too few"] = "even"
    if p is None:
        outcome = "too few"
    elif change < 0 and (p < rule.level or (figure.explicit and -change > rule.most)):
        outcome = "loss"
    elif change > 0 and p < rule.level:
        outcome = "gain"
    return Finding(figure.name, figure.want, count, before, after, change, interval, p, outcome)


def _told(one: Finding) -> str:
    return f"{one.name} {one.before:.3f} to {one.after:.3f} (p = {one.p:.4f})"
