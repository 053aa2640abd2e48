"""Online metrics as tables, on a terminal, and as a page that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group as Lines
from rich.console import RenderableType

from eval.online.document import FigureOf, Group, OnlineDocument
from eval.reports import terminal
from eval.reports.page import template
from eval.reports.plots import Curve
from eval.reports.sections import Plot
from eval.reports.series import bar_plot, day_plot
from eval.reports.tables import NONE, Table, row

_PLOTTED = ("click_rate", "click_mrr", "no_result", "no_click", "conversion_rate")
_QUOTED = ("click_rate", "ctr", "click_mrr", "no_result", "seconds_to_click", "conversion_rate")
_TOLD = ("click_rate", "click_mrr", "no_result", "conversion_rate")
"""On a terminal, which is narrower."""
_MOST = 60
"""Bars that a plot shows."""
READING = (
    ("interval", "95 %, over people: a session, or else a user, or else the search, is one unit."),
    (
        "shares",
        "Wilson's interval at the effective number of searches. See docs/events.md.",
    ),
    ("n", "what the figure is over: searches, items shown, clicks, or visits that tell it."),
    ("means, medians", "Student's t with variance by the delta method; Woodruff's interval."),
    ("several groups", "intervals are for one figure each: among many, some miss by chance."),
    ("left out", "bots by name, by rate and by clicks; an item's repeated clicks count once."),
)


@dataclass(frozen=True)
class _Section:
    """One dimension on the page."""

    anchor: str
    title: str
    table: Table
    plots: tuple[Plot, ...]


def show(document: OnlineDocument) -> RenderableType:
    """The tables, for a terminal."""
    tables = [whole(document), *(quoted(document, by, _TOLD) for by in document.groups)]
    return Lines(*(terminal.table(each) for each in tables))


def whole(document: OnlineDocument) -> Table:
    """A row for each figure over all visits."""
    rows = []
    for name, figure in document.whole.figures.items():
        about = document.figures[name]
        kind = "median" if about.kind == "median" else about.unit or about.kind
        cells = [_text(figure), _span(figure), f"{figure.n:,}", f"{figure.units:,}"]
        rows.append(row(f"{name} ({kind}): {about.says}", cells))
    searches, people = document.whole.searches, document.whole.people
    caption = f"{searches:,} searches of {people:,} people{_which(document)}"
    columns = ("Figure", "Value", "95 % interval", "n", "People")
    return Table(caption, columns, tuple(rows), notes(document.left_out))


def notes(left_out: Mapping[str, int]) -> tuple[str, ...]:
    """What to say of searches that were left out."""
    if not any(left_out.values()):
        return ()
    parts = [
        f"{left_out[name]:,} by {name}" for name in ("name", "rate", "clicks") if left_out.get(name)
    ]
    return (f"Searches of bots left out: {', '.join(parts)}; see docs/events.md.",)


def quoted(document: OnlineDocument, by: str, names: Sequence[str] = _QUOTED) -> Table:
    """A row for each value of a dimension, with these figures."""
    rows = [
        row(
            group.value,
            [
                f"{group.searches:,}",
                f"{group.people:,}",
                *(_short(group.figures[name]) for name in names),
            ],
        )
        for group in document.groups[by]
    ]
    headings = (name.replace("_", " ") for name in names)
    return Table(f"By {by}", (by.title(), "Searches", "People", *headings), tuple(rows))


def html(document: OnlineDocument) -> str:
    """The whole page. Raises SettingsError where matplotlib or Jinja is not installed."""
    page: dict[str, Any] = {
        "title": "Online metrics",
        "subtitle": f"{document.collection or 'all collections'}, made "
        f"{document.created:%Y-%m-%d %H:%M} UTC",
        "whole": whole(document),
        "sections": [_section(document, by) for by in document.groups],
        "reading": READING,
    }
    return template("online.html", page)


def _section(document: OnlineDocument, by: str) -> _Section:
    groups = document.groups[by]
    plots = [_plot(by, name, groups) for name in _PLOTTED] if groups else []
    return _Section(f"by-{by}", f"By {by}", quoted(document, by), tuple(plots))


def _plot(by: str, name: str, groups: tuple[Group, ...]) -> Plot:
    told = [group for group in groups if group.figures[name].value is not None][-_MOST:]
    values = [group.figures[name].value or 0.0 for group in told]
    low = [_or(group.figures[name].low, group.figures[name].value) for group in told]
    high = [_or(group.figures[name].high, group.figures[name].value) for group in told]
    names = [group.value for group in told]
    draw = day_plot if by == "day" else bar_plot
    curve = Curve(range(len(told)), values, low, high)
    return Plot(draw(name, names, curve, f"{by}-{name}"), f"{name} by {by}, with 95 % intervals")


def _or(end: float | None, value: float | None) -> float:
    return (value or 0.0) if end is None else end


def _which(document: OnlineDocument) -> str:
    parts = [] if document.collection is None else [f" in {document.collection}"]
    parts += [] if document.since is None else [f" from {document.since:%Y-%m-%d} on"]
    parts += [] if document.until is None else [f" before {document.until:%Y-%m-%d}"]
    return "".join(parts)


def _text(figure: FigureOf) -> str:
    return NONE if figure.value is None else _number(figure.value)


def _span(figure: FigureOf) -> str:
    if figure.low is None or figure.high is None:
        return NONE
    return f"{_number(figure.low)} to {_number(figure.high)}"


def _short(figure: FigureOf) -> str:
    """The value with half the width of its interval."""
    if figure.low is None or figure.high is None:
        return _text(figure)
    half = _number((figure.high - figure.low) / 2)
    return f"{_text(figure)}±{half.removeprefix('0')}"  # a terminal has eighty columns


def _number(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
