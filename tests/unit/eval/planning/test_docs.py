"""What the documents show was made by the program, from the figures that lie beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.bench_index import COMMAND, PLOT
from eval.bench.calibration import engines
from eval.bench.index_records import Records
from eval.bench.index_report import page, rows, targets
from eval.planning.constants import SHIPPED, Constants

DOCS = Path(__file__).parents[4] / "docs"


@pytest.fixture(scope="module")
def records() -> Records:
    return Records.read_from(DOCS / "measured" / "quantization.json").latest


def test_the_page_on_quantization_is_made_from_its_figures(records: Records) -> None:
    text = (DOCS / "quantization.md").read_text(encoding="utf-8")
    assert text == page(records, COMMAND, PLOT)


def test_the_figures_on_quantization_reach_a_million_points(records: Records) -> None:
    sizes = {row.points for row in rows(records)}
    assert {10_000, 100_000, 1_000_000} <= sizes
    assert len(targets(rows(records))) == 1 + 2 * len(sizes)


def test_the_page_on_scale_shows_what_plan_printed() -> None:
    printed = (DOCS / "measured" / "plan.txt").read_text(encoding="utf-8")
    assert printed.strip("\n") in (DOCS / "scale.md").read_text(encoding="utf-8")


def test_the_calibration_that_ships_is_of_the_indexes_shown(records: Records) -> None:
    shipped = Constants.read_from(SHIPPED)
    assert set(shipped.engines) <= set(engines(records.records))
