"""Plots of one figure over days or over groups, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

from eval.reports.plots import Curve, draw_curves, figure_of, plain, series_colour, svg

_TICKS = 8


def day_plot(title: str, days: Sequence[str], curve: Curve, name: str) -> str:
    """SVG of a figure day by day. Raises SettingsError where matplotlib is not installed."""
    figure, axes = figure_of(360, 200)
    draw_curves(axes, {title: curve})
    step = max(1, -(-len(days) // _TICKS))
    axes.set_xticks(range(0, len(days), step), [day[5:] for day in days[::step]])
    axes.set_ylim(0, _top(curve))
    axes.set_title(title, fontsize=10)
    return svg(figure, name, f"{title} by day. {_spoken(days, curve)}")


def bar_plot(title: str, groups: Sequence[str], curve: Curve, name: str) -> str:
    """SVG of a figure by group. Raises SettingsError where matplotlib is not installed."""
    figure, axes = figure_of(360, 200)
    axes.bar(curve.places, curve.values, 0.7, color=series_colour(), alpha=0.75)
    if curve.low is not None and curve.high is not None:
        below = [max(0.0, v - low) for v, low in zip(curve.values, curve.low, strict=True)]
        above = [max(0.0, high - v) for v, high in zip(curve.values, curve.high, strict=True)]
        axes.errorbar(
            curve.places, curve.values, yerr=[below, above], fmt="none", color=series_colour()
        )
    shown = [plain(each if len(each) <= 18 else f"{each[:17]}…") for each in groups]
    axes.set_xticks(range(len(groups)), shown, rotation=30 if len(groups) > 4 else 0)
    axes.set_ylim(0, _top(curve))
    axes.set_title(title, fontsize=10)
    return svg(figure, name, f"{title} by group. {_spoken(groups, curve)}")


def _top(curve: Curve) -> float:
    highest = max([*curve.values, *(curve.high or ())], default=0.0)
    return 1.05 * highest if highest > 0 else 1.0


def _spoken(names: Sequence[str], curve: Curve) -> str:
    return ", ".join(
        f"{value:.3f} for {name}" for name, value in zip(names, curve.values, strict=True)
    )
