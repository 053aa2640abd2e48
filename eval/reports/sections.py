"""The page's section of one task: its tables, plots and pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.reports import contents, severities
from eval.reports.document import Document, EvaluationFigures
from eval.reports.pictures import GalleryView
from eval.reports.plots import Curve, rank_plot, recall_plot, severity_plot
from eval.reports.tables import Table
from eval.retrieval.metrics import MEDIAN_RANK
from eval.robustness.drops import Robustness

_CURVES = 2
_SLICES = 30
"""Values of an attribute that the page shows."""
_RECALL = re.compile(r"recall@(\d+)")


@dataclass(frozen=True)
class Plot:
    """An <svg> element, and the words below it."""

    svg: str
    caption: str


@dataclass(frozen=True)
class StudyView:
    """One encoder's study of robustness on the page."""

    severities: Table
    conditions: Table


@dataclass(frozen=True)
class Section:
    """All that the page shows of one task."""

    anchor: str
    title: str
    subtitle: str
    notes: tuple[str, ...]
    metrics: Table
    plots: tuple[Plot, ...]
    studies: tuple[StudyView, ...]
    severity_plots: tuple[str, ...]
    slices: tuple[Table, ...]
    galleries: tuple[GalleryView, ...] = field(default=())


def section(document: Document, place: int, galleries: tuple[GalleryView, ...]) -> Section:
    """The section of the evaluation at `place` of the document."""
    found = document.evaluations[place]
    baseline = document.baseline_of(found.task)
    studies = sorted(  # the model first, as in the other plots
        document.robustness_of(found.task), key=lambda study: study.encoder != found.encoder
    )
    anchor = f"task-{place + 1}"
    return Section(
        anchor=anchor,
        title=found.task or "(no name)",
        subtitle=f"{found.direction}, {found.queries:,} queries, gallery of {found.gallery:,}; "
        f"{found.encoder}, {found.dim} dimensions",
        notes=found.notes,
        metrics=contents.metrics(found, document.comparison_of(found.task)),
        plots=_plots(found, baseline, anchor),
        studies=tuple(
            StudyView(severities.severities(study), severities.conditions(study))
            for study in studies
        ),
        severity_plots=_severity_plots(studies, anchor),
        slices=tuple(contents.slices(found, name, _SLICES) for name in found.slices),
        galleries=galleries,
    )


def _plots(
    found: EvaluationFigures, baseline: EvaluationFigures | None, anchor: str
) -> tuple[Plot, ...]:
    both = [found] if baseline is None else [found, baseline]
    sides = dict(zip(_distinct([one.encoder for one in both]), both, strict=True))
    made = []
    curves = {name: curve for name, side in sides.items() if (curve := _recall(side))}
    if curves:
        made.append(Plot(recall_plot(curves, f"{anchor}-recall"), "Recall at k; band: interval"))
    ranks = {name: first for name, side in sides.items() if (first := _ranks(side)) is not None}
    if ranks:
        caption = "Where the first relevant item stands, over queries"
        made.append(Plot(rank_plot(ranks, f"{anchor}-ranks"), caption))
    return tuple(made)


def _recall(side: EvaluationFigures) -> Curve | None:
    points = [
        (int(match[1]), found)
        for name, found in side.metrics.items()
        if (match := _RECALL.fullmatch(name)) and found.value is not None
    ]
    if not points:
        return None
    known = all(found.low is not None and found.high is not None for _, found in points)
    return Curve(
        [k for k, _ in points],
        [found.value or 0.0 for _, found in points],
        [found.low or 0.0 for _, found in points] if known else None,
        [found.high or 0.0 for _, found in points] if known else None,
    )


def _ranks(side: EvaluationFigures) -> NDArray[np.float64] | None:
    """float64 (queries,): first relevant ranks; None where the document has no single queries."""
    ranks: list[Any] = [one[MEDIAN_RANK] for one in side.per_query if MEDIAN_RANK in one]
    if not ranks:
        return None
    return np.array([np.inf if rank is None else rank for rank in ranks], dtype=np.float64)


def _severity_plots(studies: Sequence[Robustness], anchor: str) -> tuple[str, ...]:
    """A plot for each corruption, with the first two encoders that were studied alike."""
    alike = [study for study in studies if study.metric == studies[0].metric][:_CURVES]
    names = _distinct([study.encoder for study in alike])
    scores = [one.score for study in alike for one in study.conditions]
    top = max([*scores, *(study.clean.value for study in alike)], default=0.0) * 1.1 or 1.0
    corruptions = dict.fromkeys(name for study in alike for name in study.corruptions)
    return tuple(
        severity_plot(
            corruption,
            {
                name: _fall(study, corruption)
                for name, study in zip(names, alike, strict=True)
                if corruption in study.corruptions
            },
            top,
            f"{anchor}-{corruption}",
        )
        for corruption in corruptions
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, later ones that repeat an earlier one told apart."""
    return [
        name if name not in names[:place] else f"{name} (baseline)"
        for place, name in enumerate(names)
    ]


def _fall(study: Robustness, corruption: str) -> Curve:
    """Scores from the clean one on; the band is the clean score less the interval of the drop."""
    clean = study.clean.value
    members = [study.condition(corruption, level) for level in study.severities]
    low = [clean, *(clean - one.drop.interval.high for one in members if one.drop.interval)]
    high = [clean, *(clean - one.drop.interval.low for one in members if one.drop.interval)]
    known = len(low) == len(members) + 1
    return Curve(
        [0, *study.severities],
        [clean, *(one.score for one in members)],
        low if known else None,
        high if known else None,
    )
