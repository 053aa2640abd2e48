"""The model card of the compact towers, written from the numbers of the run that made them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from encoders.bundle import Calibration
from training.compact.recipe import Recipe

_CARD = Path(__file__).with_name("card.md")
_SPLIT = "The weights are those that were measured: no held-out image was trained on."
_REFIT = (
    "The scores are of a twin that never saw the held-out groups. The weights that ship were then "
    "trained once more by the same settings on everything, these groups included."
)


def text(
    recipe: Recipe,
    scores: Mapping[str, Mapping[str, float]],
    sizes: Mapping[str, int],
    fits: Mapping[str, Calibration],
    drift: Mapping[str, float],
) -> str:
    """The card in Markdown. `sizes`: images in each held-out gallery."""
    settings = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False)
    return _CARD.read_text(encoding="utf-8").format(
        shipped=_REFIT if recipe.refit else _SPLIT,
        settings="\n".join(f"    {line}" for line in settings.splitlines()),
        galleries=", ".join(f"{name} {size:,}" for name, size in sizes.items()),
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
