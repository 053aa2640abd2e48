"""A report on a terminal, as rich renderables: whoever shows them prints them."""

from __future__ import annotations

import re

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table as RichTable
from rich.text import Text

from eval.reports import contents, severities
from eval.reports.document import Document, EvaluationFigures
from eval.reports.tables import Cell, Table

_STYLES = {"plain": "", "good": "green", "bad": "red", "quiet": "dim"}
_SLICES = 12
"""Values of an attribute that a terminal shows."""
_SHORTER = {"recall": "R@", "precision": "P@", "hit_rate": "hit@", "ndcg": "nDCG@"}
_SHORT = re.compile(rf"\b({'|'.join(_SHORTER)})@(?=\d)")
"""As headings of columns, so that a summary fits into 80 characters."""
_HOT = ((0.5, "bold red"), (0.25, "red"), (0.1, "yellow"))


def report(document: Document) -> RenderableType:
    """All tables of the document, the summary first."""
    return Group(summary(document), details(document), robustness(document))


def summary(document: Document) -> RenderableType:
    """One row for each task: those that rank, then those that put into classes."""
    kinds: dict[bool, list[EvaluationFigures]] = {}
    for one in document.evaluations:
        kinds.setdefault("top1" in one.metrics, []).append(one)
    return Group(*(table(contents.summary(document, kinds[kind])) for kind in sorted(kinds)))


def details(document: Document) -> RenderableType:
    """For each task its metrics, slices and notes."""
    parts: list[RenderableType] = []
    for one in document.evaluations:
        parts.append(table(contents.metrics(one, document.comparison_of(one.task))))
        parts += [
            table(contents.slices(one, name, _SLICES, intervals=False)) for name in one.slices
        ]
        parts += [Text(_printable(note), style="yellow") for note in one.notes]
    return Group(*parts)


def robustness(document: Document) -> RenderableType:
    """For each study the scores by corruption and severity."""
    return Group(*(table(severities.severities(study)) for study in document.robustness))


def table(data: Table) -> RenderableType:
    """A table with its notes below; whatever the texts hold, they are not read as markup."""
    shown = RichTable(
        title=escape(_printable(data.caption)),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),  # the metrics of a slice fit into 80 columns
    )
    for place, column in enumerate(data.columns):
        heading = _SHORT.sub(lambda found: _SHORTER[found[1]], _printable(column))
        shown.add_column(escape(heading), justify="right" if place else "left", overflow="fold")
    for row in data.rows:
        shown.add_row(Text(_printable(row.head)), *(_text(cell) for cell in row.cells))
    return Group(shown, *(Text(_printable(note), style="dim") for note in data.notes))


def _text(cell: Cell) -> Text:
    if cell.heat is not None:
        return Text(cell.text, style=next((s for low, s in _HOT if cell.heat >= low), ""))
    return Text(cell.text.replace("->", "\N{RIGHTWARDS ARROW}"), style=_STYLES[cell.tone])


def _printable(text: str) -> str:
    """Without control characters, with which a title could steer the terminal."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
