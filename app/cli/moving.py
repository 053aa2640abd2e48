"""binocle collections copy | snapshot | restore | tune"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.terminal import Data, Store, errors, output, wired
from app.moving import copy_collection, restore_collection, snapshot_collection
from app.places import place_of
from app.settings import Settings
from core.errors import SettingsError
from qdrant.server_options import Layout, Memory, Tunable
from qdrant.store import Quantization

_PLACE = "NAME, DIRECTORY/NAME for a data directory, or http://SERVER:6333/NAME."
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Put it in the place of a collection that is there."),
]


def copy(
    source: Annotated[str, typer.Argument(help=f"The collection to copy: {_PLACE}")],
    target: Annotated[str, typer.Argument(help=f"Where to: {_PLACE}")],
    replace: Replace = False,
    data: Data = None,
    store: Store = None,
) -> None:
    """Copy a collection between engines and servers, with its stored vectors.

    Stopped half-way, the same command goes on from there. Counts and a sample of the vectors are
    compared before the copy is published. Keys and other settings of servers (BINOCLE_SERVER__...)
    hold for both sides.
    """
    settings = Settings.load(data=data, store=store)
    here, there = place_of(source, settings), place_of(target, settings)
    with _progress(f"Copying {here.name}") as on_progress:
        moved = copy_collection(settings, here, there, replace=replace, on_progress=on_progress)
    done = moved.copied
    before = f", {done.present:,} from an earlier run" if done and done.present else ""
    compared = f"; {done.compared:,} compared" if done else ""
    output.print(
        f"'{there.name}' answers from {moved.generation}: {moved.count:,} items{before}{compared}.",
        soft_wrap=True,
    )


def snapshot(
    name: Annotated[str, typer.Argument(help="The collection.")],
    to: Annotated[str, typer.Option("--to", help="A new folder, or an fsspec URL: s3://...")],
    data: Data = None,
    store: Store = None,
) -> None:
    """Save a collection with vectors and thumbnails, so that any engine can restore it."""
    settings = Settings.load(data=data, store=store)
    with _progress(f"Saving {name}") as on_progress:
        manifest = snapshot_collection(
            settings, place_of(name, settings), to, on_progress=on_progress
        )
    output.print(f"{manifest.count:,} items of {manifest.generation} are at {to}.", soft_wrap=True)


def restore(
    name: Annotated[str, typer.Argument(help="The collection to restore into.")],
    source: Annotated[str, typer.Option("--from", help="The folder or URL of the snapshot.")],
    replace: Replace = False,
    data: Data = None,
    store: Store = None,
) -> None:
    """Build a collection from a snapshot, of whatever engine."""
    settings = Settings.load(data=data, store=store)
    target = place_of(name, settings)
    with _progress(f"Restoring {name}") as on_progress:
        moved = restore_collection(
            settings, source, target, replace=replace, on_progress=on_progress
        )
    output.print(f"'{name}' answers from {moved.generation}: {moved.count:,} items.")


def tune(
    name: Annotated[str, typer.Argument(help="The collection.")],
    quantization: Annotated[
        Quantization | None, typer.Option(help="How vectors are compressed in memory.")
    ] = None,
    replication_factor: Annotated[int | None, typer.Option(help="Copies of each shard.")] = None,
    write_consistency_factor: Annotated[
        int | None, typer.Option(help="Copies that have written before a write counts.")
    ] = None,
    vectors_memory: Annotated[Memory | None, typer.Option(help="Full vectors.")] = None,
    codes_memory: Annotated[Memory | None, typer.Option(help="Quantized vectors.")] = None,
    graph_memory: Annotated[Memory | None, typer.Option(help="The graph.")] = None,
    payload_memory: Annotated[Memory | None, typer.Option(help="Payloads.")] = None,
    hnsw_m: Annotated[int | None, typer.Option(help="Links per point.")] = None,
    hnsw_ef_construct: Annotated[
        int | None, typer.Option(help="Candidates while the graph is built.")
    ] = None,
    full_scan_kb: Annotated[int | None, typer.Option(help="Compared one by one below it.")] = None,
    indexing_threshold_kb: Annotated[
        int | None, typer.Option(help="Segments from this size on get a graph.")
    ] = None,
    data: Data = None,
    store: Store = None,
) -> None:
    """Change how a server keeps a collection, in place; `describe` shows it."""
    layout = Layout(
        replication_factor=replication_factor,
        write_consistency_factor=write_consistency_factor,
        vectors_memory=vectors_memory,
        codes_memory=codes_memory,
        graph_memory=graph_memory,
        payload_memory=payload_memory,
        hnsw_m=hnsw_m,
        hnsw_ef_construct=hnsw_ef_construct,
        full_scan_kb=full_scan_kb,
        indexing_threshold_kb=indexing_threshold_kb,
    )
    with wired(data=data, store=store) as wiring:
        if not isinstance(wiring.store, Tunable):
            raise SettingsError(
                f"The store '{wiring.settings.store}' has no such settings.",
                hint="They are those of a Qdrant server: see --store.",
            )
        wiring.store.tune(name, layout, quantization)
    output.print(f"Changed '{name}'; the server rebuilds what it must while it answers.")


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, told of points done and in all."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield show
