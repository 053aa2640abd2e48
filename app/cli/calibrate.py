"""binocle eval calibrate"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from app.cli.terminal import AsJson, Data, EncoderSpec, Store, errors, output, print_json, wired
from app.search.query import IdPart, Part, TextPart
from core.errors import InvalidRequest

if TYPE_CHECKING:
    from app.relevance_curves import Fit, Judged


class Method(StrEnum):
    """Of fitting."""

    PLATT = "platt"
    ISOTONIC = "isotonic"


def calibrate(
    collection: Annotated[str, typer.Argument(help="The collection whose searches are judged.")],
    queries: Annotated[
        Path, typer.Option(help="A table of queries: columns id, and text or item or both.")
    ],
    qrels: Annotated[
        Path, typer.Option(help="Judgments: TREC qrels, or a table; see docs/evaluation.md.")
    ],
    method: Annotated[
        Method, typer.Option(help="platt: a sigmoid; isotonic: any curve, from many judgments.")
    ] = Method.PLATT,
    depth: Annotated[int, typer.Option(min=5, max=1000, help="Candidates of each query.")] = 50,
    judged_only: Annotated[
        bool,
        typer.Option("--judged-only", help="Leave out what is not judged, not count it as wrong."),
    ] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Put the curves into the collection's ranking.")
    ] = False,
    as_json: AsJson = False,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Fit what a score says of relevance, for each kind of query that is judged."""
    from app.relevance_curves import fit_collection, keep

    judged = list(_judged(queries, qrels))
    with (
        wired(data=data, store=store, encoder=encoder) as wiring,
        Progress(console=errors, transient=True) as progress,
    ):
        task = progress.add_task("Searching", total=len(judged))
        fits = fit_collection(
            wiring,
            collection,
            judged,
            method=method.value,
            depth=depth,
            unjudged=not judged_only,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
        if save:
            keep(wiring, collection, fits)
    if as_json:
        print_json({"saved": save, "fits": [fit.as_json() for fit in fits]})
        return
    for fit in fits:
        _tell(fit)
    if save:
        output.print(f"'{collection}' judges relevance so from its next search on.")
    else:
        output.print("Nothing was changed: --save puts the curves into the ranking.", style="dim")


def _judged(queries: Path, qrels: Path) -> Iterator[Judged]:
    """The judged queries. Raises InvalidRequest and SourceError."""
    from app.relevance_curves import Judged
    from eval.retrieval.qrels import read_qrels
    from eval.retrieval.rows import read_rows

    table = read_rows(queries)
    key = table.column(("id", "query_id"), "queries")
    named = {name: name for name in ("text", "item") if name in table.columns}
    if not named:
        raise InvalidRequest(
            f"{queries} has neither a column text nor a column item.", field="queries"
        )
    judgments = read_qrels(qrels)
    for _, row in table.rows():
        parts: list[Part] = []
        if "text" in named and str(row["text"] or "").strip():
            parts.append(TextPart(str(row["text"])))
        if "item" in named and str(row["item"] or "").strip():
            parts.append(IdPart(str(row["item"])))
        grades = judgments.get(str(row[key]), {})
        if parts and grades:
            yield Judged(tuple(parts), grades)


def _tell(fit: Fit) -> None:
    table = Table(f"{fit.kind} queries", "", box=None)
    table.add_row("queries, candidates", f"{fit.queries:,}, {fit.candidates:,}")
    table.add_row("relevant candidates", f"{fit.relevant:,}")
    before, after = fit.before, fit.after
    was = "unknown" if before is None else f"{before.brier:.4f}, {before.error:.4f}"
    table.add_row("Brier score, calibration error before", was)
    table.add_row("the same, held out, with it", f"{after.brier:.4f}, {after.error:.4f}")
    for line, (precision, recall) in fit.lines.items():
        told = f"{precision:.0%} of what stays is relevant, {recall:.0%} stays"
        table.add_row(f"cut off below {line:g}", told)
    output.print(table)
