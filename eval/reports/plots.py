"""Plots as inline SVG, drawn by matplotlib.

They carry no colours of their own: each is a CSS variable of the page, so that a plot follows the
reader's light or dark mode. Texts stay texts, for search and for screen readers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Greys that the plots use for nothing else, each replaced by a variable of the page.
_INK, _MUTED, _RULE = "#010101", "#020202", "#030303"
_SERIES = ("#040404", "#050505")
_VARIABLES = {
    _INK: "var(--ink)",
    _MUTED: "var(--muted)",
    _RULE: "var(--rule)",
    _SERIES[0]: "var(--model)",
    _SERIES[1]: "var(--baseline)",
}
_STYLES = ("-", "--")
_MARKERS = ("o", "s")
_OPTIONS = {
    "svg.fonttype": "none",
    "font.size": 9.0,
    "text.color": _INK,
    "axes.edgecolor": _RULE,
    "axes.labelcolor": _MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": _RULE,
    "grid.linewidth": 0.6,
    "xtick.color": _MUTED,
    "ytick.color": _MUTED,
}
_POINTS_PER_INCH = 72


@dataclass(frozen=True)
class Curve:
    """One line: values over `places`, with an interval around each where there is one."""

    places: Sequence[float]
    values: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None


def recall_plot(curves: Mapping[str, Curve], name: str) -> str:
    """SVG of recall against k, which is on a logarithmic axis. At most two curves, by model.

    Raises SettingsError where matplotlib is not installed; so do the other plots.
    """
    figure, axes = figure_of(360, 240)
    draw_curves(axes, curves)
    ks = sorted({k for curve in curves.values() for k in curve.places})
    axes.set_xscale("log")
    axes.set_xticks(ks, [f"{k:g}" for k in ks])
    axes.minorticks_off()
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("k: results looked at")
    axes.set_ylabel("recall")
    _legend(figure, list(curves))
    return svg(figure, name, f"Recall against k. {_spoken(curves, 'k')}")


def rank_plot(ranks: Mapping[str, NDArray[np.float64]], name: str) -> str:
    """SVG of how many queries have their first relevant item at which rank, in doubling bins.

    Infinite ranks, of items that were not found, have a bin of their own.
    """
    figure, axes = figure_of(360, 240)
    edges = _rank_edges(ranks.values())
    labels = [_bin_label(low, high) for low, high in pairwise(edges)]
    shares = {model: np.histogram(one, edges)[0] / len(one) for model, one in ranks.items()}
    if any(np.isinf(one).any() for one in ranks.values()):
        labels.append("never")
        shares = {model: np.append(shares[model], np.isinf(ranks[model]).mean()) for model in ranks}
    width = 0.8 / len(ranks)
    for place, heights in enumerate(shares.values()):
        left = np.arange(len(heights)) + (place - (len(ranks) - 1) / 2) * width
        axes.bar(left, heights, width * 0.92, color=_SERIES[place])
    axes.set_xticks(range(len(labels)), labels, rotation=45 if len(labels) > 7 else 0)
    axes.set_xlabel("rank of the first relevant item")
    axes.set_ylabel("share of queries")
    _legend(figure, list(ranks), bars=True)
    spoken = ". ".join(
        f"{model}: " + ", ".join(f"{height:.0%} at rank {label}" for label, height in bars)
        for model, heights in shares.items()
        for bars in [list(zip(labels, heights, strict=True))]
    )
    return svg(figure, name, f"First relevant rank, share of queries. {spoken}")


def difference_plot(curve: Curve, over: str, unit: str, name: str) -> str:
    """SVG of a difference with its interval against a growing number, and a line where it is 0."""
    figure, axes = figure_of(420, 240)
    axes.axhline(0, color=_MUTED, lw=0.8)
    draw_curves(axes, {unit: curve})
    axes.set_xlabel(over)
    axes.set_ylabel(unit)
    return svg(figure, name, f"{unit} against {over}. {_spoken({unit: curve}, over)}")


def severity_plot(title: str, curves: Mapping[str, Curve], top: float, name: str) -> str:
    """SVG of a score against severity, 0 being the clean pictures; `top` ends the vertical axis."""
    figure, axes = figure_of(220, 170, margins=(0.13, 0.99, 0.12, 0.87))
    draw_curves(axes, curves)
    axes.set_title(title, fontsize=10, color=_INK)
    axes.set_xticks(range(6), ["clean", "1", "2", "3", "4", "5"])
    axes.set_xlim(-0.25, 5.25)
    axes.set_ylim(0, top)
    return svg(figure, name, f"{title}: score against severity. {_spoken(curves, 'severity')}")


def figure_of(
    width: int, height: int, margins: tuple[float, float, float, float] | None = None
) -> tuple[Figure, Axes]:
    """An empty figure of `width` x `height` points.

    Args:
        margins: left, right, bottom and top ends of the axes as shares of the figure, which is
            several times faster than to lay them out by the texts around.
    """
    matplotlib = _matplotlib()
    from matplotlib.figure import Figure

    size = (width / _POINTS_PER_INCH, height / _POINTS_PER_INCH)
    with matplotlib.rc_context(_OPTIONS):
        figure = Figure(size, layout="constrained" if margins is None else None)
        axes = figure.subplots()
        axes.grid(axis="y")
        axes.tick_params(length=0)
    if margins is not None:
        left, right, bottom, top = margins
        figure.subplots_adjust(left=left, right=right, bottom=bottom, top=top)
    figure.patch.set_visible(False)
    axes.patch.set_visible(False)
    return figure, axes


def draw_curves(axes: Axes, curves: Mapping[str, Curve]) -> None:
    """Draw at most two curves, each with its interval."""
    for place, curve in enumerate(curves.values()):
        colour = _SERIES[place]
        if curve.low is not None and curve.high is not None:
            axes.fill_between(curve.places, curve.low, curve.high, color=colour, alpha=0.15, lw=0)
        axes.plot(
            curve.places, curve.values, _STYLES[place], marker=_MARKERS[place], color=colour, ms=4
        )


def _legend(figure: Figure, names: Sequence[str], *, bars: bool = False) -> None:
    """Above the plot; nothing for a single model, which the page names anyway."""
    if len(names) < 2:
        return
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    keys = [
        Patch(color=_SERIES[place])
        if bars
        else Line2D([], [], color=_SERIES[place], ls=_STYLES[place], marker=_MARKERS[place], ms=4)
        for place in range(len(names))
    ]
    shown = [plain(_short(name)) for name in names]
    figure.legend(keys, shown, labelcolor=_INK, loc="outside upper left", ncols=2, frameon=False)


def svg(figure: Figure, name: str, description: str) -> str:
    """The figure as an <svg> element whose ids start with `name`."""
    matplotlib = _matplotlib()
    stream = io.StringIO()
    with matplotlib.rc_context({**_OPTIONS, "svg.hashsalt": name}):
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    body = text[text.index("<svg") :]
    body = re.sub(r' xmlns(:xlink)?="[^"]*"', "", body).replace("xlink:href", "href")
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", body)
    for grey, variable in _VARIABLES.items():
        body = body.replace(grey, variable)
    attributes = f'role="img" aria-label="{_attribute(description)}" class="plot" '
    return body.replace("<svg ", f"<svg {attributes}", 1)


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise SettingsError(
            "The HTML report needs matplotlib for its plots, which is not installed.",
            hint="pip install 'binocle[report]'",
        ) from None
    return matplotlib


def _rank_edges(ranks: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """1, 2, 3, 5, 9, 17 ...: the ranks 1, 2, 3-4, 5-8, 9-16 ... up to the last finite one."""
    last = max((float(one[np.isfinite(one)].max(initial=1.0)) for one in ranks), default=1.0)
    bins = int(np.ceil(np.log2(last))) + 1
    return np.array([1.0] + [2.0**power + 1 for power in range(bins)])


def _bin_label(low: float, high: float) -> str:
    return f"{low:g}" if high - low == 1 else f"{low:g}-{high - 1:g}"


def _spoken(curves: Mapping[str, Curve], axis: str) -> str:
    """The curves' values in words."""
    return ". ".join(
        f"{model}: " + ", ".join(
            f"{value:.3f} at {axis} {place:g}"
            for place, value in zip(curve.places, curve.values, strict=True)
        )
        for model, curve in curves.items()
    )  # fmt: skip


def _short(name: str, limit: int = 28) -> str:
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def series_colour(place: int = 0) -> str:
    """The colour of one of the two series, which the page replaces by its own."""
    return _SERIES[place]


def plain(name: str) -> str:
    """Without matplotlib's mathematics: a $ is a $, and control characters, illegal in XML, go."""
    return "".join(one for one in name if one.isprintable()).replace("$", r"\$")


def _attribute(text: str) -> str:
    return escape("".join(one for one in text if one.isprintable()), quote=True)
