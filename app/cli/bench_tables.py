"""What the benchmarks share on the command line: their options, and how figures look."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.cli.terminal import output, print_json
from eval.bench.measures import Measure
from ingestion.limits import cores

SAMPLE = str(Path(__file__).parents[2] / "examples" / "catalog" / "catalog.csv")
Source = Annotated[str, typer.Option(help="A folder or catalog whose images are used.")]
Rounds = Annotated[int, typer.Option(min=1, help="How often each part is measured.")]


def tell(measures: list[Measure], as_json: bool) -> None:
    """The measures as a table or as JSON."""
    load = os.getloadavg()[0]
    machine = f"{cores()} cores, {platform.machine()}, Python {platform.python_version()}"
    machine += f", load average {load:.1f} at the end"
    if as_json:
        print_json({"machine": machine, "measures": [measure.as_json() for measure in measures]})
        return
    table = Table("Measure", "Value", "Unit", "Target", "", "Basis", box=None, title=machine)
    for measure in measures:
        verdict = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[measure.met]
        value = shown(measure.value)
        table.add_row(measure.name, value, measure.unit, measure.target, verdict, measure.basis)
    output.print(table)


def shown(value: float) -> str:
    """A figure as people read it: shares with three decimals, so that 0.978 is not told as 0.98."""
    if value < 1:
        return f"{value:.3f}"
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
