"""binocle ingest"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.bulk_load import Engine
from app.cli.catalog_columns import (
    Column,
    Encoding,
    FieldTypes,
    IdColumn,
    Ignored,
    ImageColumns,
    ImageSeparator,
    MappingPath,
    TagSeparator,
    mapping_of,
    share_of,
)
from app.cli.dry_run import dry_run as show_dry_run
from app.cli.load_view import as_document, exit_code, load_with_progress, summarise
from app.cli.terminal import AsJson, Data, EncoderSpec, Store, print_json, wired
from app.loading import BulkLoad
from core.errors import SettingsError
from ingestion.mapping import ColumnMapping
from ingestion.replaying import check_rejects, read_origin
from ingestion.syncing import Sync
from qdrant.store import Quantization

_SYNC = "Staying in step"
_SOURCE = (
    "A folder of images or of catalogs; CSV, TSV, JSONL, Parquet, Arrow, tar shards or a .txt list "
    "of links, also packed, or a pattern of them; a URL of these (https, s3, gs, ...); '-' for "
    "standard input; hf:OWNER/NAME; binocle:NAME, another collection."
)
EPILOG = (
    "Exit codes: 0 all is in; 3 all is in but the rejects; 1 failed, also by --fail-over or "
    "--max-deletes; 2 wrong use; 130 stopped."
)


def ingest(
    source: Annotated[str | None, typer.Argument(help=_SOURCE)] = None,
    collection: Annotated[str | None, typer.Option(help="The collection to load into.")] = None,
    mapping: MappingPath = None,
    id_: IdColumn = None,
    image: ImageColumns = None,
    image_separator: ImageSeparator = None,
    title: Column = None,
    description: Column = None,
    tags: Column = None,
    tag_separator: TagSeparator = None,
    product_id: Column = None,
    owner: Column = None,
    uploaded_at: Column = None,
    visibility: Column = None,
    safety: Column = None,
    field: FieldTypes = None,
    ignore: Ignored = None,
    encoding: Encoding = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="What the files are, such as csv or jsonl.gz."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Load nothing: print the mapping, items, problems.")
    ] = False,
    replay: Annotated[
        Path | None, typer.Option(help="Load the rejects of an earlier load, mended.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Build the collection anew, aside, from this source alone."),
    ] = False,
    sync: Annotated[
        bool,
        typer.Option("--sync", help="Delete what the source has not.", rich_help_panel=_SYNC),
    ] = False,
    max_deletes: Annotated[
        str,
        typer.Option(help="Most that --sync deletes of the collection.", rich_help_panel=_SYNC),
    ] = "20%",
    force: Annotated[
        bool,
        typer.Option("--force", help="Delete however much it is.", rich_help_panel=_SYNC),
    ] = False,
    fail_over: Annotated[
        str | None,
        typer.Option(help="Fail where more than this is rejected: 5%.", rich_help_panel=_SYNC),
    ] = None,
    look_again: Annotated[
        bool,
        typer.Option(
            "--look-again",
            help="Ask for images behind URLs again, whether they changed.",
            rich_help_panel=_SYNC,
        ),
    ] = False,
    quantization: Annotated[
        Quantization, typer.Option(help="How vectors are compressed in memory.")
    ] = "int8",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads that decode, and that encode; one a core.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="'ray' spreads the work over a Ray cluster; needs --store URL.")
    ] = "local",
    as_json: AsJson = False,
    data: Data = None,
    store: Store = None,
    encoder: EncoderSpec = None,
) -> None:
    """Load images into a collection.

    Columns that are not mapped become fields of the collection. What can't be
    loaded goes to a rejects file, with the reason. Stopped or killed, the same
    command goes on from there; what has not changed costs nothing.
    """
    base = None
    if replay is not None:
        source, collection, base = _replayed(replay, source, collection, sync or replace)
    columns = mapping_of(
        mapping,
        base,
        id=id_,
        image=image,
        image_separator=image_separator,
        title=title,
        description=description,
        tags=tags,
        tag_separator=tag_separator,
        product_id=product_id,
        owner_id=owner,
        uploaded_at=uploaded_at,
        visibility=visibility,
        safety=safety,
        field=field,
        ignore=ignore,
        encoding=encoding,
    )
    if source is None or (collection is None and not dry_run):
        missing = "SOURCE" if source is None else "--collection NAME"
        raise SettingsError(f"What is missing is {missing}.", hint="See `binocle ingest --help`.")
    if look_again and engine != "local":
        raise SettingsError("--look-again goes with the local engine only.")
    plan = BulkLoad(
        collection or "",
        source,
        columns,
        format=format_,
        replace=replace,
        quantization=quantization,
        sync=Sync(share_of(max_deletes, "--max-deletes"), force) if sync else None,
        look_again=look_again,
        most_rejects=None if fail_over is None else share_of(fail_over, "--fail-over"),
        workers=workers,
        engine=engine,
    )
    with wired(data=data, store=store, encoder=encoder) as wiring:
        if dry_run:
            raise typer.Exit(show_dry_run(wiring, plan))
        loaded = load_with_progress(wiring, plan)
    if as_json:
        print_json(as_document(plan, loaded))
    else:
        summarise(plan, loaded)
    raise typer.Exit(exit_code(loaded))


def _replayed(
    rejects: Path, source: str | None, collection: str | None, whole: bool
) -> tuple[str, str | None, ColumnMapping | None]:
    """Source, collection and mapping of a replay. Raises SettingsError and SourceError."""
    if source is not None or whole:
        raise SettingsError(
            "--replay loads a rejects file alone: without SOURCE, --sync and --replace."
        )
    check_rejects(rejects)
    origin = read_origin(rejects)
    if origin is None:
        return str(rejects), collection, None
    return str(rejects), collection or origin.collection, origin.mapping
