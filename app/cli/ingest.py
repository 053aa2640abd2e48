"""binocle ingest"""

from __future__ import annotations

from typing import Annotated

import typer
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

from app.cli.terminal import Data, EncoderSpec, Store, errors, output, say_problem, wired
from app.loading import BulkLoad, Loaded, Watcher, load_collection
from app.problems import ExitCode, exit_code_of
from app.wiring import Wiring
from core.errors import SettingsError
from core.fields import FieldType
from ingestion.mapping import ColumnMapping
from ingestion.report import LoadProgress
from ingestion.sources.source import Source
from qdrant.store import Quantization

_PANEL = "Columns of a catalog"
Column = typer.Option(help="Column that holds it.", rich_help_panel=_PANEL)
_INTERRUPTED = 130


def ingest(
    source: Annotated[str, typer.Argument(help="A folder, or CSV, TSV, JSONL or Parquet files.")],
    collection: Annotated[str, typer.Option(help="The collection to load into.")],
    id_: Annotated[
        str | None, typer.Option("--id", help="Column that holds it.", rich_help_panel=_PANEL)
    ] = None,
    image: Annotated[str | None, Column] = None,
    title: Annotated[str | None, Column] = None,
    description: Annotated[str | None, Column] = None,
    tags: Annotated[str | None, Column] = None,
    owner: Annotated[str | None, Column] = None,
    uploaded_at: Annotated[str | None, Column] = None,
    visibility: Annotated[str | None, Column] = None,
    tag_separator: Annotated[str | None, typer.Option(help="What parts tags, such as '|'.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(help="Type of a field, such as year=integer; may be repeated."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="Column to leave out; may be repeated.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Build the collection anew, aside, from this source alone."),
    ] = False,
    quantization: Annotated[
        Quantization, typer.Option(help="How vectors are compressed in memory.")
    ] = "int8",
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Load images into a collection.

    Columns that are not mapped become fields of the collection. What can't be loaded goes to a
    rejects file, with the reason. Stopped by Ctrl-C, the same command goes on from there.
    """
    mapping = ColumnMapping(
        id=id_,
        image=image,
        title=title,
        description=description,
        tags=tags,
        owner_id=owner,
        uploaded_at=uploaded_at,
        visibility=visibility,
        tag_separator=tag_separator,
        ignore=frozenset(ignore or ()),
        fields=field_types(field or []),
    )
    plan = BulkLoad(collection, source, mapping, replace, quantization)
    with wired(data=data, store=store, encoder=encoder) as wiring:
        loaded = load_with_progress(wiring, plan)
    summarise(plan, loaded)
    raise typer.Exit(exit_code(loaded))


def field_types(given: list[str]) -> dict[str, FieldType]:
    """Types by field name from 'name=type'. Raises SettingsError."""
    types = {}
    for text in given:
        name, _, kind = text.partition("=")
        if kind not in {member.value for member in FieldType}:
            raise SettingsError(
                f"--field {text} is not NAME=TYPE.",
                hint=f"Types: {', '.join(FieldType)}.",
            )
        types[name] = FieldType(kind)
    return types


def load_with_progress(wiring: Wiring, plan: BulkLoad) -> Loaded:
    """The load, with a progress bar on standard error."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
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

        def note(source: Source) -> None:
            for sentence in source.notes:
                progress.console.print(escape(sentence), style="dim")

        def indexing(count: int) -> None:
            progress.update(task, description=f"Indexing {plan.collection}")
            progress.console.print(f"Building the index over {count:,} items ...", style="dim")
            progress.refresh()  # the engine freezes the display while it builds

        return load_collection(wiring, plan, Watcher(show, note, indexing))


def summarise(plan: BulkLoad, loaded: Loaded) -> None:
    """What went in, what did not, and why."""
    report = loaded.report
    table = Table(show_header=False, box=None)
    table.add_row("Indexed", f"{report.indexed:,}")
    if report.unchanged:
        table.add_row("Unchanged, passed over", f"{report.unchanged:,}")
    table.add_row("Rejected", f"{report.rejected:,}")
    for kind, count in report.rejects_by_kind.items():
        table.add_row(f"  {kind}", f"{count:,}", style="yellow")
    rate = f", {report.items_per_second:.0f} items/s" if report.indexed else ""
    table.add_row("Time", f"{report.seconds:.1f} s{rate}")
    table.add_row("In the collection", f"{loaded.count:,}")
    output.print(table)
    if report.rejects_path:
        output.print(f"Rejects, with reasons: {escape(str(report.rejects_path))}", soft_wrap=True)
    if report.interrupted:
        output.print("Stopped. What was loaded is kept; the same command goes on from here.")
    elif report.failure is not None:
        say_problem(report.failure.message, report.failure.hint)
        errors.print("What was loaded before is kept; the same command goes on from here.")
    if loaded.count == 0:
        say_problem(
            f"Nothing in {plan.source} could be indexed, so '{plan.collection}' is as it was."
        )
    elif not loaded.published:
        output.print(f"'{plan.collection}' still answers from its former generation.")


def exit_code(loaded: Loaded) -> int:
    """0 complete, 3 complete with rejects, 1 failed or nothing there, 130 interrupted."""
    report = loaded.report
    if report.interrupted:
        return _INTERRUPTED
    if report.failure is not None:
        return exit_code_of(report.failure)
    if loaded.count == 0:
        return ExitCode.FAILED
    return ExitCode.DONE_WITH_REJECTS if report.rejected else ExitCode.DONE
