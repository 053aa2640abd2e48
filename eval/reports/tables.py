"""A table as data: what the terminal and the HTML page both show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from eval.retrieval.metrics import MEDIANS
from eval.retrieval.resampling import Interval

Tone: TypeAlias = Literal["plain", "good", "bad", "quiet"]
NONE = "\N{EN DASH}"
"""Shown where there is no figure."""
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Cell:
    """One figure or word.

    Args:
        tone: good and bad are said by a sign in the text, too, never by colour alone.
        heat: 0 to 1, the strength of a shade behind the figure; None for none.
    """

    text: str
    tone: Tone = "plain"
    heat: float | None = None


@dataclass(frozen=True)
class Row:
    """A row with its header."""

    head: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Columns include the one of the rows' headers, first."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if any(len(row.cells) + 1 != len(self.columns) for row in self.rows):
            raise ValueError(f"A row of '{self.caption}' does not fit the columns.")


def row(head: str, cells: Sequence[str | Cell]) -> Row:
    """A row; texts become plain cells."""
    return Row(head, tuple(Cell(one) if isinstance(one, str) else one for one in cells))


def figure(metric: str, value: float | None) -> str:
    """A metric's value: three places, and one for ranks."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:,.1f}".removesuffix(".0") if metric in MEDIANS else f"{value:.3f}"
    return text.replace("-", _MINUS) if text.strip("-0.,") else text.lstrip("-")


def signed(metric: str, value: float | None) -> str:
    """A difference with its sign, a minus being a minus."""
    if value is None or not math.isfinite(value):
        return NONE
    text = figure(metric, abs(value))
    if not text.strip("0."):
        return text
    return f"{'+' if value > 0 else _MINUS}{text}"


def span(metric: str, interval: Interval | None) -> str:
    """An interval, such as '0.312 to 0.340'."""
    if interval is None:
        return NONE
    return f"{figure(metric, interval.low)} to {figure(metric, interval.high)}"


def signed_span(metric: str, interval: Interval | None) -> str:
    """An interval of a difference."""
    if interval is None:
        return NONE
    return f"{signed(metric, interval.low)} to {signed(metric, interval.high)}"


def percent(value: float | None) -> str:
    """A share, such as '12 %'; a negative one with a minus."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{abs(value):.0%}".replace("%", " %")
    return f"{_MINUS}{text}" if value < 0 and text != "0 %" else text
