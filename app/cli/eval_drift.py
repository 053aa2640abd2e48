"""binocle eval drift"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, Store, errors, output, print_json, wired
from app.drift.places import baseline_path, report_path
from app.drift.sampling import sample
from app.problems import ExitCode
from core.errors import SourceError
from eval.drift.baseline import Sample, load_sample
from eval.drift.report import DriftReport, compare_samples


def drift(
    collection: Annotated[str, typer.Argument(help="The collection.")],
    days: Annotated[
        float, typer.Option(min=0.01, help="Searches of so many last days, from the database.")
    ] = 7.0,
    files: Annotated[
        Path | None, typer.Option(help="Searches that `binocle events export` wrote, instead.")
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Write the baseline of later comparisons, and stop.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample and of the test.")] = 0,
    data: Data = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """See whether items and queries are still those that the model was released on.

    A release writes the baseline. Exit codes: 0 no drift, 3 drift, 1 and 2 failed. The service
    tells the last report with its metrics.
    """
    from eval.online.files import InteractionFiles
    from eval.online.log import InteractionLog

    since = None if files is not None else datetime.now(UTC) - timedelta(days=days)
    with wired(data=data, store=store) as wiring:
        log = InteractionLog(wiring.database) if files is None else InteractionFiles(files)
        asked = (visit.asked for visit in log.visits(collection, since))
        now = sample(wiring, collection, asked, seed=seed)
        path = baseline_path(wiring, collection)
        if save:
            now.save(path)
            _saved(now, path)
            return
        if not path.exists():
            raise SourceError(
                f"'{collection}' has no baseline yet.",
                hint=f"`binocle eval drift {collection} --save` writes one; so does a release.",
            )
        report = compare_samples(load_sample(path), now, seed=seed)
        report.save(report_path(wiring, collection))
    if as_json:
        print_json(report.as_json())
    else:
        _show(report)
    drifted = any(report.drifted.values())
    raise typer.Exit(ExitCode.DONE_WITH_REJECTS if drifted else ExitCode.DONE)


def _saved(now: Sample, path: Path) -> None:
    searches = sum(now.kinds.values())
    errors.print(
        f"The baseline of '{now.collection}': {len(now.items):,} items, {len(now.queries):,} texts "
        f"of {searches:,} searches. {escape(str(path))}",
        soft_wrap=True,
    )


def _show(report: DriftReport) -> None:
    table = Table("Since " + report.baseline_at, "Before", "Now", "Size", "p", "", box=None)
    for what, shift in (("items", report.items), ("queries", report.queries)):
        if shift is not None:
            size = f"energy distance {shift.distance:.4f}"
            figures = (f"{shift.before:,}", f"{shift.now:,}", size, f"{shift.least:.4f}")
            table.add_row(what, *figures, _verdict(report, what))
    kinds = report.kinds
    if kinds is not None:
        before, now = (f"{sum(side.values()):,}" for side in (kinds.before, kinds.now))
        size = f"stability index {kinds.index:.3f}"
        table.add_row("kinds", before, now, size, f"{kinds.p:.4f}", _verdict(report, "kinds"))
    output.print(table)
    few = [what for what, found in report.drifted.items() if found is None]
    if few:
        output.print(f"Too few to tell: {', '.join(few)}.")


def _verdict(report: DriftReport, what: str) -> str:
    return "drift" if report.drifted[what] else "as before"
