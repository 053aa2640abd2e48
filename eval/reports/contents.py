"""The tables of a report, made from its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.reports.document import (
    ComparisonFigures,
    DifferenceFigures,
    Document,
    EvaluationFigures,
    Figure,
)
from eval.reports.tables import NONE, Cell, Table, figure, row, signed, signed_span, span
from eval.retrieval.metrics import LOWER_IS_BETTER
from eval.retrieval.resampling import Interval

LEVEL = 0.05
"""A difference is marked when its adjusted p is below."""
_HEADLINES = (
    *("recall@1", "recall@10", "precision@10", "ndcg@10", "map", "top1", "top5"),
    *("index_recall@10", "pipeline_recall@10"),
)


def summary(document: Document, evaluations: Sequence[EvaluationFigures] | None = None) -> Table:
    """A row for each task, or for each of `evaluations`, with the metrics that are quoted most."""
    shown = document.evaluations if evaluations is None else evaluations
    quoted = quoted_metrics([metric for one in shown for metric in one.metrics])
    rows = []
    for one in shown:
        differences = _differences(document.comparison_of(one.task))
        figures = [_quoted(one.metrics.get(name), name, differences.get(name)) for name in quoted]
        size = [one.direction, f"{one.queries:,}", f"{one.gallery:,}"]
        rows.append(row(one.task, [*figures, *size]))
    notes: tuple[str, ...] = ()
    if document.comparisons:
        notes = (f"▲ better and ▼ worse than the baseline at an adjusted p below {LEVEL:g}.",)
    return Table("Summary", ("Task", *quoted, "Direction", "Queries", "Among"), tuple(rows), notes)


def metrics(evaluation: EvaluationFigures, comparison: ComparisonFigures | None) -> Table:
    """A row for each metric; with a baseline, the paired difference and whether it is real."""
    columns: tuple[str, ...] = ("Metric", "Value", _interval_words(evaluation))
    if comparison is None:
        rows = [
            row(name, [figure(name, found.value), span(name, _interval(found))])
            for name, found in evaluation.metrics.items()
        ]
        return Table(_of("Metrics", evaluation), columns, tuple(rows))
    columns += ("Baseline", "Difference", "Its interval", "p, adjusted", "Verdict")
    rows = [
        row(
            name,
            [
                figure(name, found.value),
                span(name, _interval(found)),
                *_compared(name, comparison.differences.get(name)),
            ],
        )
        for name, found in evaluation.metrics.items()
    ]
    how = (
        f"Difference: {comparison.candidate} less {comparison.baseline} over the "
        f"{comparison.queries:,} queries of both; {comparison.interval}; {comparison.test}; "
        f"{comparison.adjustment}."
    )
    return Table(_of("Metrics", evaluation), columns, tuple(rows), (how, *comparison.notes))


def slices(
    evaluation: EvaluationFigures, attribute: str, limit: int, *, intervals: bool = True
) -> Table:
    """A row for each value of the attribute, the largest `limit` of them."""
    found = evaluation.slices[attribute]
    quoted = quoted_metrics(found[0].metrics) if found else []
    rows = []
    for one in found[:limit]:
        cells = []
        for name in quoted:
            value = one.metrics[name]
            interval = _interval(value)
            around = f" ({span(name, interval)})" if interval and intervals else ""
            cells.append(f"{figure(name, value.value)}{around}")
        rows.append(row(one.value, [f"{one.queries:,}", *cells]))
    left = len(found) - limit
    notes = (f"{left:,} smaller slices are in the JSON document.",) if left > 0 else ()
    return Table(
        f"By {attribute}: {evaluation.task}", (attribute, "Queries", *quoted), tuple(rows), notes
    )


def quoted_metrics(names: Sequence[str] | Mapping[str, Figure]) -> list[str]:
    """The headline metrics among these; all of them where there are none."""
    return [name for name in _HEADLINES if name in names] or list(names)


def verdict(difference: DifferenceFigures | None) -> Cell:
    """Better, worse, or no difference shown, by the adjusted p."""
    if difference is None or difference.difference is None:
        return Cell(NONE, "quiet")
    if difference.adjusted >= LEVEL or not difference.difference:
        return Cell("≈ no difference shown", "quiet")
    better = (difference.difference > 0) != (difference.metric in LOWER_IS_BETTER)
    return Cell("▲ better", "good") if better else Cell("▼ worse", "bad")


def _compared(name: str, difference: DifferenceFigures | None) -> list[str | Cell]:
    if difference is None:
        return [NONE, NONE, NONE, NONE, NONE]
    ends = difference.interval
    interval = None
    if ends is not None and ends[0] is not None and ends[1] is not None:
        interval = Interval(ends[0], ends[1])
    return [
        figure(name, difference.baseline),
        signed(name, difference.difference),
        signed_span(name, interval),
        f"{difference.adjusted:.3f}" if difference.adjusted >= 0.001 else "< 0.001",
        verdict(difference),
    ]


def _quoted(found: Figure | None, name: str, difference: DifferenceFigures | None) -> Cell:
    """A value with the mark of its difference."""
    if found is None:
        return Cell(NONE, "quiet")
    shown = verdict(difference)
    if shown.tone == "quiet":
        return Cell(figure(name, found.value))
    return Cell(f"{figure(name, found.value)} {shown.text[0]}", shown.tone)


def _differences(comparison: ComparisonFigures | None) -> Mapping[str, DifferenceFigures]:
    return {} if comparison is None else comparison.differences


def _interval(found: Figure) -> Interval | None:
    if found.low is None or found.high is None:
        return None
    return Interval(found.low, found.high)


def _interval_words(evaluation: EvaluationFigures) -> str:
    return f"{evaluation.bootstrap.confidence:.0%} interval"


def _of(what: str, evaluation: EvaluationFigures) -> str:
    return f"{what}: {evaluation.task}, {evaluation.encoder}"
