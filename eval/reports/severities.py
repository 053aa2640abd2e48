"""The tables of a study of robustness."""

from __future__ import annotations

from eval.reports.tables import NONE, Cell, Row, Table, figure, percent, row, signed, span
from eval.robustness.corruption import CORRUPTIONS
from eval.robustness.drops import Estimate, Robustness


def severities(study: Robustness) -> Table:
    """A row for each corruption: the score at each severity, and what was lost on average."""
    levels = [str(level) for level in study.severities]
    words = "" if study.mean_relative is None else f", a share of {_share(study.mean_relative)}"
    corrupted = "query pictures" if study.corrupted == "queries" else "pictures of the gallery"
    note = (
        f"{study.metric} of the clean pictures: {_with_interval(study.metric, study.clean)}. "
        f"Lost on average: {_with_interval(study.metric, study.mean_drop)}{words}. "
        f"Corrupted were the {corrupted}. The shade is the share that was lost."
    )
    return Table(
        f"{study.metric} by severity: {study.task}, {study.encoder}",
        ("Corruption", *levels, "Mean drop", "Share lost"),
        tuple(_row(study, corruption) for corruption in study.corruptions),
        (note,),
    )


def conditions(study: Robustness) -> Table:
    """A row for each corruption and severity, with its parameter and paired intervals."""
    rows = []
    for one in study.conditions:
        known = CORRUPTIONS.get(one.corruption)
        parameter = NONE if known is None else f"{known.levels[one.severity - 1]:g}"
        cells = [
            parameter,
            figure(study.metric, one.score),
            signed(study.metric, one.drop.value),
            span(study.metric, one.drop.interval),
            NONE if one.relative is None else _share(one.relative),
        ]
        rows.append(row(f"{one.corruption}, {one.severity}", cells))
    confidence = f"{study.bootstrap.confidence:.0%} interval"
    return Table(
        f"Every drop with its interval: {study.task}, {study.encoder}",
        ("Corruption, severity", "Parameter", study.metric, "Drop", confidence, "Share lost"),
        tuple(rows),
        tuple(
            f"{name}: {CORRUPTIONS[name].parameter}."
            for name in study.corruptions
            if name in CORRUPTIONS
        ),
    )


def _row(study: Robustness, corruption: str) -> Row:
    members = [study.condition(corruption, level) for level in study.severities]
    drop = sum(one.drop.value for one in members) / len(members)
    clean = study.clean.value
    scores = [
        Cell(figure(study.metric, one.score), heat=_lost(one.drop.value, clean)) for one in members
    ]
    share = Cell(percent(drop / clean) if clean else NONE, heat=_lost(drop, clean))
    return row(corruption, [*scores, signed(study.metric, drop), share])


def _lost(drop: float, clean: float) -> float:
    """0 to 1: how much of the clean score is gone."""
    return min(1.0, max(0.0, drop / clean)) if clean else 0.0


def _with_interval(metric: str, estimate: Estimate) -> str:
    value = (
        figure(metric, estimate.value) if estimate.value >= 0 else signed(metric, estimate.value)
    )
    around = f" ({span(metric, estimate.interval)})" if estimate.interval else ""
    return f"{value}{around}"


def _share(estimate: Estimate) -> str:
    if estimate.interval is None:
        return percent(estimate.value)
    low, high = percent(estimate.interval.low), percent(estimate.interval.high)
    return f"{percent(estimate.value)} ({low} to {high})"
