"""Pictures for the documents, by matplotlib, which is loaded when one is drawn."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 5.2, 3.8
_DOTS_PER_INCH = 110
_OPTIONS: Any = {  # matplotlib types the keys by a list of all its settings
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
}


def check_drawing() -> None:
    """Raises SettingsError where matplotlib is missing: before anything is measured."""
    if find_spec("matplotlib") is None:
        raise SettingsError(
            "Plots need matplotlib, which is not installed.", hint="pip install 'binocle[plan]'"
        )


def new_figure(plots: int) -> tuple[Figure, list[Axes]]:
    """A figure with `plots` axes beside each other."""
    check_drawing()
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_OPTIONS):
        figure = Figure(figsize=(_WIDTH * plots, _HEIGHT), layout="constrained")
        return figure, list(figure.subplots(1, plots, squeeze=False)[0])


def save(figure: Figure, path: Path) -> None:
    """As PNG, without dates, so that the same figures make the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DOTS_PER_INCH, metadata={"Software": None})
