"""How a bulk load shows on a terminal: its progress, its summary, its exit code."""

from __future__ import annotations

import os
from typing import Any

from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from app.cli.terminal import errors, output, say_problem
from app.loading import BulkLoad, Loaded, Watcher, load_collection
from app.problems import ExitCode, exit_code_of
from app.wiring import Wiring
from ingestion.report import LoadProgress
from ingestion.sources.source import Source

_INTERRUPTED = 130
_NICE = 10
"""Of a load beside a service: where processors are short, searches get nine times as much."""


def load_with_progress(wiring: Wiring, plan: BulkLoad) -> Loaded:
    """The load, with a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[rejected]}"),
    )
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task(
            f"Loading {plan.collection}", total=None, visible=False, rejected=""
        )

        def show(state: LoadProgress) -> None:
            rejected = f"[yellow]{state.rejected:,} rejected[/]" if state.rejected else ""
            progress.update(
                task, visible=True, completed=state.done, total=state.total, rejected=rejected
            )
            if state.stopping:
                progress.update(task, description="Stopping (Ctrl-C again: at once)")

        def tell(sentence: str) -> None:
            progress.console.print(escape(sentence), style="dim")

        def note(source: Source) -> None:
            for sentence in source.notes:
                tell(sentence)

        def indexing(count: int) -> None:
            progress.update(task, description=f"Indexing {plan.collection}")
            tell(f"Building the index over {count:,} items ...")
            progress.refresh()  # the engine freezes the display while it builds

        def beside() -> None:
            tell("A service runs on this data directory, and goes on answering.")
            if hasattr(os, "setpriority"):  # of this thread, and of those that it begins
                os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))

        try:
            return load_collection(wiring, plan, Watcher(show, note, indexing, beside))
        except KeyboardInterrupt:  # the second one, or one while the index is built
            tell("Stopped. What was written is kept; the same command goes on from here.")
            raise


def summarise(plan: BulkLoad, loaded: Loaded) -> None:
    """What went in, what did not, and why."""
    report = loaded.report
    output.print(_table(loaded))
    if report.rejects_path:
        output.print(f"Rejects, with reasons: {escape(str(report.rejects_path))}", soft_wrap=True)
    if report.interrupted:
        output.print("Stopped. What was loaded is kept; the same command goes on from here.")
    elif report.failure is not None:
        say_problem(report.failure.message, report.failure.hint)
        if not report.read_whole:
            errors.print("What was loaded before is kept; the same command goes on from here.")
    if loaded.count == 0:
        say_problem(
            f"Nothing in {plan.source} could be indexed, so '{plan.collection}' is as it was."
        )
    elif not loaded.published:
        output.print(f"'{plan.collection}' still answers from its former generation.")
    if loaded.meanwhile.left:
        output.print(
            f"{loaded.meanwhile.left:,} items that were written meanwhile are not as they were "
            f"written: {loaded.generation} has other vectors. Send them again.",
            style="yellow",
        )


def _table(loaded: Loaded) -> Table:
    report = loaded.report
    table = Table(show_header=False, box=None)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    read = f"of {report.read:,} read"
    table.add_row("Indexed", f"{report.indexed:,}", read, style="bold")
    if report.renewed:
        table.add_row("Renewed", f"{report.renewed:,}", "fields changed, image the same")
    if report.unchanged:
        table.add_row("Unchanged", f"{report.unchanged:,}", "passed over")
    if report.deleted:
        table.add_row("Deleted", f"{report.deleted:,}", "not in the source any more")
    if loaded.meanwhile.brought:
        row = f"{loaded.meanwhile.brought:,}", "written or deleted by others, brought over"
        table.add_row("Meanwhile", *row)
    share = f"{report.rejected / report.read:.1%}" if report.rejected and report.read else ""
    table.add_row("Rejected", f"{report.rejected:,}", share)
    for kind, count in report.rejects_by_kind.items():
        table.add_row(f"  {kind}", f"{count:,}", style="yellow")
    speed = report.items_per_second
    rate = f"{speed:,.{0 if speed >= 10 else 1}f} items/s" if report.indexed else ""
    table.add_row("Time", f"{report.seconds:.1f} s", rate)
    table.add_row("In the collection", f"{loaded.count:,}", loaded.generation)
    return table


def as_document(plan: BulkLoad, loaded: Loaded) -> dict[str, Any]:
    """A load as JSON."""
    report = loaded.report
    failure = report.failure
    return {
        "collection": plan.collection,
        "generation": loaded.generation,
        "published": loaded.published,
        "count": loaded.count,
        "read": report.read,
        "indexed": report.indexed,
        "renewed": report.renewed,
        "unchanged": report.unchanged,
        "deleted": report.deleted,
        "meanwhile": vars(loaded.meanwhile),
        "rejected": report.rejected,
        "rejects_by_kind": dict(report.rejects_by_kind),
        "rejects": str(report.rejects_path) if report.rejects_path else None,
        "seconds": round(report.seconds, 3),
        "interrupted": report.interrupted,
        "failure": None if failure is None else {"code": failure.code, "message": str(failure)},
        "exit_code": exit_code(loaded),
    }


def exit_code(loaded: Loaded) -> int:
    """0 complete, 3 complete with rejects, 1 failed or nothing there, 130 interrupted."""
    report = loaded.report
    if report.interrupted:
        return _INTERRUPTED
    if report.failure is not None:
        return exit_code_of(report.failure)
    if loaded.count == 0:
        return int(ExitCode.FAILED)
    return int(ExitCode.DONE_WITH_REJECTS if report.rejected else ExitCode.DONE)
