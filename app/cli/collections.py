"""binocle collections ..."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from app.cli import moving
from app.cli.compacting import compact_collection
from app.cli.fields import add_field, fields_of, print_fields
from app.cli.judging import judge
from app.cli.ranking import ranking
from app.cli.reembed import reembed
from app.cli.rolling_back import tell_rollback
from app.cli.terminal import AsJson, Data, Store, human_bytes, output, print_json, wired
from app.rolling_back import roll_back
from qdrant.store import CollectionInfo

commands = typer.Typer(
    help="The collections: in the data directory, or on a Qdrant server.", no_args_is_help=True
)
for move in (moving.copy, moving.snapshot, moving.restore, moving.tune):
    commands.command()(move)
commands.command()(ranking)
commands.command("add-field")(add_field)
commands.command()(reembed)
commands.command()(judge)
commands.command("compact")(compact_collection)
Name = Annotated[str, typer.Argument(help="The collection.")]


@commands.command("list")
def list_(data: Data = None, store: Store = None, as_json: AsJson = False) -> None:
    """List the collections."""
    with wired(data=data, store=store) as wiring:
        found = [wiring.store.info(name) for name in wiring.store.collections()]
    if as_json:
        print_json({"collections": [as_document(info) for info in found]})
        return
    if not found:
        output.print("There are no collections yet: `binocle ingest SOURCE --collection NAME`.")
        return
    table = Table("Name", "Items", "Generation", "Encoder", "Disk", box=None)
    for info in found:
        disk = human_bytes(info.bytes_on_disk)
        table.add_row(info.name, f"{info.count:,}", info.generation, info.config.encoder, disk)
    output.print(table)


@commands.command("show", hidden=True)
@commands.command()
def describe(name: Name, data: Data = None, store: Store = None, as_json: AsJson = False) -> None:
    """Describe a collection: its size, generations, encoder and fields, and how it is kept."""
    with wired(data=data, store=store) as wiring:
        info = wiring.store.info(name)
        found = fields_of(wiring, name)
    if as_json:
        print_json({**as_document(info), "field_facts": found})
        return
    table = Table(show_header=False, box=None)
    for label, value in _rows(info):
        table.add_row(label, value)
    output.print(table)
    if found is not None:
        print_fields(found)
        return
    fields = Table("Field", "Type", box=None, title="Fields", title_justify="left")
    for field, kind in info.config.schema.fields.items():
        own = field in info.config.schema.attributes
        fields.add_row(field, kind.value, style="bold" if own else "dim")
    output.print(fields)


@commands.command()
def delete(
    name: Name,
    data: Data = None,
    store: Store = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a collection with all its generations and thumbnails."""
    with wired(data=data, store=store) as wiring:
        info = wiring.store.info(name)
        if not yes:
            typer.confirm(f"Delete '{name}' with {info.count:,} items?", abort=True)
        wiring.store.drop(name)
        wiring.ledgers.drop(name)
        wiring.rankings.drop(name)
        wiring.thumbnails(name).clear()
        wiring.originals(name).close()
    output.print(f"Deleted '{name}'.")


@commands.command()
def publish(name: Name, generation: str, data: Data = None, store: Store = None) -> None:
    """Let a collection answer from the generation named."""
    with wired(data=data, store=store) as wiring:
        wiring.store.publish(name, generation)
    output.print(f"'{name}' answers from {generation}.")


@commands.command()
def rollback(name: Name, data: Data = None, store: Store = None) -> None:
    """Let a collection answer from the generation published before."""
    with wired(data=data, store=store) as wiring:
        tell_rollback(name, roll_back(wiring, name))


@commands.command()
def prune(
    name: Name,
    data: Data = None,
    store: Store = None,
    keep: Annotated[int, typer.Option(min=0, help="Former generations to keep.")] = 1,
) -> None:
    """Delete former generations, and cut-off loads that nothing resumes."""
    with wired(data=data, store=store) as wiring:
        dropped = wiring.store.prune(name, keep=keep)
    output.print(f"Deleted {', '.join(dropped)}." if dropped else "There was nothing to delete.")


def as_document(info: CollectionInfo) -> dict[str, Any]:
    """A collection as JSON."""
    config = info.config
    return {
        "name": info.name,
        "count": info.count,
        "generation": info.generation,
        "generations": list(info.generations),
        "previous": list(info.previous),
        "encoder": config.encoder,
        "fingerprint": config.fingerprint,
        "vectors": dict(config.vectors),
        "quantization": config.quantization,
        "indexed_vectors": info.indexed_vectors,
        "bytes_on_disk": info.bytes_on_disk,
        "index_bytes": info.index_bytes,
        "fields": {field: kind.value for field, kind in config.schema.fields.items()},
        "attributes": list(config.schema.attributes),
        "engine": dict(info.engine),
    }


def _rows(info: CollectionInfo) -> list[tuple[str, str]]:
    config = info.config
    vectors = ", ".join(f"{vector} ({dim})" for vector, dim in config.vectors.items())
    as_of = f" (as of {info.as_of}: a service has it open)" if info.as_of else ""
    rest = ", the rest compared one by one" if info.indexed_vectors < info.count else ""
    return [
        ("Collection", info.name),
        ("Items", f"{info.count:,}{as_of}"),
        ("In the ANN index", f"{info.indexed_vectors:,}{rest}"),
        ("Generation", info.generation),
        ("Generations", ", ".join(info.generations)),
        ("Before", ", ".join(info.previous) or "none"),
        ("Encoder", f"{config.encoder} ({config.fingerprint})"),
        ("Vectors", vectors),
        ("Quantization", config.quantization),
        ("On disk", human_bytes(info.bytes_on_disk)),
        ("Of that, indexes", human_bytes(info.index_bytes)),
        *((_label(figure), f"{value}") for figure, value in info.engine.items()),
    ]


def _label(figure: str) -> str:
    """Such as 'Replication factor'."""
    return figure.replace("_", " ").capitalize()
