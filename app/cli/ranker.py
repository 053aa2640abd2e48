"""binocle train ranker"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from app.cli.terminal import Data, EncoderSpec, Store, errors, output, wired
from core.errors import InvalidRequest

if TYPE_CHECKING:
    from app.ranker_training import Report
    from training.ranker.click_table import ClickTable


def ranker(
    collection: Annotated[str, typer.Argument(help="The collection to learn on.")],
    queries: Annotated[
        Path | None, typer.Option(help="A table of queries: columns id and text.")
    ] = None,
    qrels: Annotated[
        Path | None, typer.Option(help="Judgments: TREC qrels, or a table; see docs/evaluation.md.")
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="A Parquet log of impressions and clicks; see docs/training-data.md."),
    ] = None,
    support: Annotated[
        int, typer.Option(min=1, help="With --log: least impressions of an item for its query.")
    ] = 1,
    out: Annotated[Path, typer.Option(help="Where the ranker goes; its card beside it.")] = Path(
        "ranker.json"
    ),
    popularity: Annotated[
        str | None, typer.Option(help="A number field of the items, such as sales.")
    ] = None,
    freshness: Annotated[str, typer.Option(help="A datetime field.")] = "uploaded_at",
    depth: Annotated[int, typer.Option(min=10, max=1000, help="Candidates of each query.")] = 100,
    held_out: Annotated[
        float, typer.Option(min=0.05, max=0.9, help="Share of the queries to measure on.")
    ] = 0.3,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Train a ranker from judgments (--queries and --qrels) or from clicks (--log), or from
    judgments with clicks as a feature.

    Then name it in the collection's ranking: `binocle collections ranking`.
    """
    from app.ranker_training import Lesson, train_ranker

    clicks = _clicks(log)
    judged = _judged(queries, qrels, clicks, support)
    lesson = Lesson(depth, held_out, popularity, freshness)
    with (
        wired(data=data, store=store, encoder=encoder) as wiring,
        Progress(console=errors) as progress,
    ):
        task = progress.add_task("Searching", total=len(judged))
        report = train_ranker(
            wiring.searcher(),
            collection,
            judged,
            out,
            lesson,
            clicks=clicks,
            own_clicks=qrels is None,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    _tell(report, out)


def _clicks(log: Path | None) -> ClickTable | None:
    from training.pairs.log_settings import LogReading
    from training.ranker.click_rates import click_table

    return None if log is None else click_table(log, LogReading())


def _judged(
    queries: Path | None, qrels: Path | None, clicks: ClickTable | None, support: int
) -> Mapping[str, Mapping[str, float]]:
    """Grades by item by the query's text. Raises InvalidRequest and SourceError."""
    from eval.retrieval.qrels import read_qrels
    from eval.retrieval.rows import read_rows

    if (queries is None) != (qrels is None):
        raise InvalidRequest("--queries and --qrels belong together.", field="queries")
    if queries is None or qrels is None:
        if clicks is None:
            raise InvalidRequest(
                "There is nothing to learn from.",
                hint="Give --queries and --qrels, or --log.",
                field="qrels",
            )
        return clicks.judged(support)
    table = read_rows(queries)
    key, text = table.column(("id", "query_id"), "queries"), table.column(("text",), "queries")
    judgments = read_qrels(qrels)
    judged: dict[str, dict[str, float]] = {}
    for _, row in table.rows():
        known = judgments.get(str(row[key]), {})
        if known and str(row[text] or "").strip():
            judged.setdefault(str(row[text]), {}).update(known)
    return judged


def _tell(report: Report, out: Path) -> None:
    table = Table("nDCG@10, held-out queries", "", box=None)
    table.add_row("without the ranker", f"{report.before:.3f}")
    table.add_row("with it", f"{report.after:.3f}")
    table.add_row("p of the randomisation test", f"{report.p:.4f}")
    table.add_row("queries learned from, measured on", f"{report.queries:,}, {report.held_out:,}")
    output.print(table)
    if report.after <= report.before:
        output.print("It is no better than the order without it: do not use it.", style="yellow")
    output.print(f"The ranker: {escape(str(out))}", soft_wrap=True)
