"""binocle train judgments"""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import output
from core.disk import disk_errors
from core.errors import SourceError

QUERIES, QRELS = "queries.tsv", "judgments.qrels"


def judgments(
    log: Annotated[
        Path, typer.Argument(help="A Parquet log of events, or the folder of an export.")
    ],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where queries and judgments go.")],
    support: Annotated[
        int, typer.Option(min=1, help="Least impressions of an item for its query.")
    ] = 10,
    estimator: Annotated[
        str, typer.Option(help="Of the bias of position: harvested, or randomised.")
    ] = "harvested",
    since: Annotated[datetime | None, typer.Option(help="Events from then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Events before then, UTC.")] = None,
) -> None:
    """Make graded judgments of clicks: 0 to 3 by the rate of clicks, corrected for position.

    They are what `binocle eval` measures on and sources of the kind 'judgments' train on. Queries
    by images are left out.
    """
    from training.pairs.log_settings import LogReading, Propensities
    from training.ranker.click_rates import click_table

    reading = LogReading(
        propensities=Propensities.model_validate({"estimator": estimator}),
        since=since,
        until=until,
    )
    found = click_table(log, reading).judged(support)
    useful = {query: own for query, own in found.items() if any(own.values())}
    if not useful:
        raise SourceError(
            f"No query of {log} has an item that was clicked, and shown {support} times.",
            hint="Lower --support, or wait for more events.",
            field="log",
        )
    _write(to, useful)
    grades = Counter(grade for own in useful.values() for grade in own.values())
    table = Table("Judgments", "", box=None)
    table.add_row("queries", f"{len(useful):,}")
    table.add_row("queries without a click", f"{len(found) - len(useful):,}")
    for grade in sorted(grades):
        table.add_row(f"items of grade {grade:g}", f"{grades[grade]:,}")
    output.print(table)
    output.print(f"{escape(str(to / QUERIES))}, {escape(str(to / QRELS))}", soft_wrap=True)


def _write(to: Path, judged: dict[str, dict[str, float]]) -> None:
    queries = io.StringIO()
    table = csv.writer(queries, delimiter="\t", lineterminator="\n")
    table.writerow(["query_id", "text"])
    lines = []
    for number, (text, own) in enumerate(judged.items(), start=1):
        table.writerow([f"q{number}", text])
        for item, grade in own.items():
            if item.split() != [item]:
                raise SourceError(
                    f"The item '{item}' has a blank in its id, which TREC's format can't hold.",
                    field="item",
                )
            lines.append(f"q{number} 0 {item} {grade:g}\n")
    with disk_errors():
        to.mkdir(parents=True, exist_ok=True)
        (to / QUERIES).write_text(queries.getvalue(), encoding="utf-8")
        (to / QRELS).write_text("".join(lines), encoding="utf-8")
