"""The measured indexes as a picture (matplotlib, in the extra 'plan')."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eval.bench.index_report import NAMES, Row
from eval.planning.drawing import new_figure, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "none": "#444444",
    "int8": "#0b6e99",
    "binary": "#c44f2c",
    "turbo": "#6b8e23",
    "product": "#8455a8",
}
_MEGA = 1e6


def draw(found: Sequence[Row], path: Path) -> None:
    """Recall against memory at the largest size, and medians against size."""
    figure, axes = new_figure(2)
    largest = max(row.points for row in found)
    _recall(axes[0], [row for row in found if row.points == largest])
    axes[0].set_title(f"{largest:,} points")
    _times(axes[1], [row for row in found if row.searched.rescore])
    save(figure, path)


def _recall(axis: Axes, found: Sequence[Row]) -> None:
    """Filled: rescored; hollow: codes alone. Large: the most dimensions."""
    most = max(row.dim for row in found)
    for row in found:
        colour = _COLOURS[row.kind]
        axis.plot(
            row.memory / _MEGA,
            row.searched.recall,
            "o" if row.dim == most else "s",
            color=colour,
            markerfacecolor=colour if row.searched.rescore else "none",
            markersize=8 if row.dim == most else 5,
        )
    for kind in dict.fromkeys(row.kind for row in found):
        axis.plot([], [], "o", color=_COLOURS[kind], label=NAMES[kind])
    axis.set_xlabel("index memory, MB (squares: fewer dimensions; hollow: codes alone)")
    axis.set_ylabel("recall@10, mean of images and texts")
    axis.legend(frameon=False, fontsize=8)


def _times(axis: Axes, found: Sequence[Row]) -> None:
    for kind in dict.fromkeys(row.kind for row in found):
        for dim in sorted({row.dim for row in found}, reverse=True):
            line = sorted(
                (row.points, row.searched.core_seconds * 1e3)
                for row in found
                if row.kind == kind and row.dim == dim
            )
            if line:
                most = dim == max(row.dim for row in found)
                axis.plot(*zip(*line, strict=True), "o-" if most else "s:", color=_COLOURS[kind])
    axis.set_xscale("log")
    axis.set_ylim(bottom=0)
    axis.set_xlabel("points (dotted: fewer dimensions)")
    axis.set_ylabel("core time of a search, rescored, ms")
    axis.set_title("Time against size")
