"""The model card of the compact towers, written from the numbers of the run that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from encoders.bundle import Calibration
from training.compact.recipe import Recipe

_CARD = Path(__file__).with_name("card.md")
_STAMPS = ' "stamps": photos and drawings of Tux Paint, none of which was trained on.'


def text(
    recipe: Recipe,
    scores: Mapping[str, Mapping[str, float]],
    fits: Mapping[str, Calibration],
    drift: Mapping[str, float],
) -> str:
    """The card in Markdown."""
    tuned = f"its top {recipe.tune_layers} layers tuned" if recipe.tune_steps else "frozen"
    return _CARD.read_text().format(
        tuned=tuned,
        stamps=_STAMPS if any("stamps" in name for row in scores.values() for name in row) else "",
        options=f" --steps {recipe.steps} --tune-steps {recipe.tune_steps} --seed {recipe.seed}",
        settings="Settings: " + ", ".join(f"{k} {v}" for k, v in asdict(recipe).items()) + ".",
        scores=_table(scores),
        fits="\n".join(f"- {k}: slope {f.slope}, intercept {f.intercept}" for k, f in fits.items()),
        drift=", ".join(f"{name} {value:.5f}" for name, value in drift.items()),
    )


def _table(scores: Mapping[str, Mapping[str, float]]) -> str:
    names = list(next(iter(scores.values())))
    lines = ["| resize, dimensions | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for case, row in scores.items():
        lines.append(f"| {case} | " + " | ".join(f"{row[name]:.3f}" for name in names) + " |")
    return "\n".join(lines)
