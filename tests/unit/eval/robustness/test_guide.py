"""The guide's table of corruptions."""

from pathlib import Path

import pytest

from eval.robustness.corruption import CORRUPTIONS, Corruption

GUIDE = Path(__file__).parents[4] / "docs" / "evaluation.md"


@pytest.mark.parametrize("corruption", CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_the_guide_has_the_levels_of_the_corruption(corruption: Corruption) -> None:
    levels = ", ".join(f"{level:g}" for level in corruption.levels)
    rows = GUIDE.read_text(encoding="utf-8").splitlines()
    assert any(
        one.startswith(f"| {corruption.name} |") and one.endswith(f"| {levels} |") for one in rows
    )
