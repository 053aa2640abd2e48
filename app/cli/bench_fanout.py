"""binocle bench fanout"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.bench_index import kinds, tell
from app.cli.plan import calibrated
from app.cli.terminal import Data, errors, output
from core.disk import disk_errors
from eval.planning.drawing import check_drawing
from eval.planning.fanout_study import Study, draw, write
from eval.planning.quantities import count, shown_duration
from eval.planning.simulation import check_simulation

_FIGURES = "measured/fanout.json"
_PLOT = "images/fanout.png"


def fanout(
    points: Annotated[str, typer.Option(help="Points in each shard.")] = "1M",
    dim: Annotated[int, typer.Option(help="Dimensions.")] = 256,
    only: Annotated[str, typer.Option(help="Kind of quantization.")] = "int8",
    queries: Annotated[int, typer.Option(min=100, help="Of each setting.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    docs: Annotated[
        Path | None, typer.Option(help=f"Write {_FIGURES} and {_PLOT} into this folder.")
    ] = None,
    calibration: Annotated[Path | None, typer.Option(help="Of `bench calibrate`.")] = None,
    data: Data = None,
) -> None:
    """Simulate searches that wait for the slowest of many shards: shards, load, copies, hedging."""
    check_simulation()
    if docs is not None:
        check_drawing()
    law = calibrated(calibration, data).law(kinds(only)[0], rescore=True)
    service = law.latency(count(points, "points"), dim)
    outcomes = list(Study(service, queries, seed).run(tell))
    table = Table("Setting", "Shards", "Load", "p50", "p99", "p99.9", "p99 by formulas", box=None)
    for each in outcomes:
        table.add_row(
            each.series,
            str(each.shards),
            f"{each.load:.0%}",
            *(shown_duration(value) for value in (each.p50, each.p99, each.p999)),
            "" if each.expected is None else shown_duration(each.expected),
        )
    output.print(table)
    if docs is not None:
        with disk_errors():
            write(outcomes, docs / _FIGURES)
            draw(outcomes, docs / _PLOT)
        errors.print(f"Written: {escape(str(docs / _FIGURES))}, {_PLOT}", soft_wrap=True)
