"""The tables, and how they look on a terminal."""

from __future__ import annotations

import pytest
from rich.console import Console

from eval.reports import contents, severities
from eval.reports.document import DifferenceFigures
from eval.reports.tables import Table, figure, percent, row, signed, span
from eval.reports.terminal import report, summary
from eval.retrieval.resampling import Interval
from tests.unit.eval.reports.conftest import ATTACK, Measured

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("metric", "value", "text"),
    [
        ("map", 0.12345, "0.123"),
        ("median_rank", 12.0, "12"),
        ("median_rank", 1234.5, "1,234.5"),
        ("map", None, "\N{EN DASH}"),
        ("median_rank", float("inf"), "\N{EN DASH}"),
        ("map", -0.00001, "0.000"),
        ("map", -0.5, f"{MINUS}0.500"),
    ],
)
def test_figures_are_rounded_for_reading(metric: str, value: float | None, text: str) -> None:
    assert figure(metric, value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "+0.100"), (-0.1, f"{MINUS}0.100"), (0.0001, "0.000")]
)
def test_differences_have_their_sign_unless_they_are_nothing(value: float, text: str) -> None:
    assert signed("map", value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.126, "13 %"), (-0.126, f"{MINUS}13 %"), (-0.001, "0 %")]
)
def test_shares_are_percentages(value: float, text: str) -> None:
    assert percent(value) == text


def test_an_interval_names_both_ends() -> None:
    assert span("map", Interval(0.1, 0.2)) == "0.100 to 0.200"


def test_a_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Table("t", ("a", "b"), (row("x", []),))


@pytest.mark.parametrize(
    ("metric", "difference", "adjusted", "text"),
    [
        ("map", 0.1, 0.01, "▲ better"),
        ("map", -0.1, 0.01, "▼ worse"),
        ("median_rank", -3.0, 0.01, "▲ better"),
        ("median_rank", 3.0, 0.01, "▼ worse"),
        ("map", 0.1, 0.05, "≈ no difference shown"),
        ("map", 0.0, 0.01, "≈ no difference shown"),
    ],
)
def test_only_a_significant_difference_is_marked_and_lower_ranks_are_better(
    metric: str, difference: float, adjusted: float, text: str
) -> None:
    made = DifferenceFigures(
        metric=metric, baseline=0.2, candidate=0.3, difference=difference, interval=None,
        p=0.001, adjusted=adjusted,
    )  # fmt: skip
    assert contents.verdict(made).text == text


def test_a_terminal_shows_every_task_metric_slice_and_corruption(measured: Measured) -> None:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(report(measured.document))
    text = capture.get()
    for word in ("by name", "ndcg@10", "top1", "low-light", "Holm", "By shop", "▲", "Share lost"):
        assert word in text
    assert "can't be used, left out: 1" in text


def test_markup_in_names_is_shown_as_it_is(measured: Measured) -> None:
    one = measured.document.evaluations[1].model_copy(update={"task": "[red]by[/] name [/x]"})
    console = Console(width=160)
    with console.capture() as capture:
        console.print(summary(measured.document.model_copy(update={"evaluations": (one,)})))
    assert "[red]by[/] name [/x]" in capture.get()


def test_no_name_steers_the_terminal(measured: Measured) -> None:
    one = measured.document.evaluations[1].model_copy(update={"task": "\x1b[2J\x07 name"})
    console = Console(width=160)
    with console.capture() as capture:
        console.print(summary(measured.document.model_copy(update={"evaluations": (one,)})))
    assert "\x1b" not in capture.get()
    assert "\x07" not in capture.get()


def test_the_summary_has_a_row_for_each_task_and_a_column_for_each_quoted_metric(
    measured: Measured,
) -> None:
    table = contents.summary(measured.document)
    assert [one.head for one in table.rows] == [f"by colour {ATTACK}", "by name", "colours"]
    assert table.columns[:3] == ("Task", "recall@1", "recall@10")
    assert "top1" in table.columns


def test_smaller_slices_are_counted_where_there_are_many(measured: Measured) -> None:
    table = contents.slices(measured.document.evaluations[0], ATTACK, 3)
    assert len(table.rows) == 3
    assert table.notes == ("5 smaller slices are in the JSON document.",)


def test_the_severity_table_shades_what_was_lost(measured: Measured) -> None:
    table = severities.severities(measured.robustness[0])
    dark = next(one for one in table.rows if one.head == "low-light")
    heats = [cell.heat for cell in dark.cells if cell.heat is not None]
    assert heats[1] > heats[0] >= 0
    assert all(0 <= heat <= 1 for heat in heats)
    assert len(severities.conditions(measured.robustness[0]).rows) == 4
