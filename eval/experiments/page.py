"""An experiment's findings as one HTML file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from eval.experiments.findings import Compared, Findings
from eval.experiments.showing import tables
from eval.reports.page import template
from eval.reports.plots import Curve, difference_plot
from eval.reports.sections import Plot
from eval.reports.tables import Table

_WIDE = 5.0
"""Intervals more than this many times the last one are not drawn."""


@dataclass(frozen=True)
class _Page:
    """What the template is filled with."""

    title: str
    subtitle: str
    tables: Sequence[Table]
    plots: Sequence[Plot]


def html(found: Findings, subtitle: str) -> str:
    """The whole page. Raises SettingsError where matplotlib or Jinja is not installed."""
    plots = [plot for one in found.compared if (plot := _plot(found, one)) is not None]
    page = _Page(f"Experiment {found.plan.name}", subtitle, tables(found), plots)
    return template("experiment.html", page)


def _plot(found: Findings, one: Compared) -> Plot | None:
    """How the difference and its confidence sequence went, where they were looked at over time."""
    looks = [look for look in one.looks if math.isfinite(look.low) and math.isfinite(look.high)]
    if len(looks) < 2:
        return None
    most = _WIDE * (looks[-1].high - looks[-1].low)
    shown = [look for look in looks if look.high - look.low <= most]
    curve = Curve(
        [look.units for look in shown],
        [look.difference for look in shown],
        [look.low for look in shown],
        [look.high for look in shown],
    )
    plan = found.plan
    unit = "mean vote" if plan.interleaved else plan.metric
    svg = difference_plot(curve, f"{plan.unit}s", f"difference of {unit}", f"looks-{one.variant}")
    return Plot(svg, f"{one.variant} less {plan.control}, and where the truth lies.")
