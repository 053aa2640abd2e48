"""binocle encoders ..."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from app.cli.terminal import AsJson, output, print_json
from encoders.specs import describe_encoder, list_encoders

commands = typer.Typer(help="The encoders that are at hand.", no_args_is_help=True)


@commands.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the encoders that ship with Binocle."""
    found = list_encoders()
    if as_json:
        print_json({"encoders": [asdict(encoder) for encoder in found]})
        return
    table = Table("Spec", "Name", "Version", "Dim", "Nested dims", "Licence", box=None)
    for encoder in found:
        nested = ", ".join(map(str, encoder.nested_dims))
        table.add_row(
            encoder.spec, encoder.name, encoder.version, str(encoder.dim), nested, encoder.licence
        )
    output.print(table)
    output.print("A bundle of your own is `bundle:PATH`.", style="dim")


@commands.command()
def describe(
    spec: Annotated[str, typer.Argument(help="'compact' or 'bundle:PATH'.")],
    as_json: AsJson = False,
) -> None:
    """Show what an encoder's manifest says."""
    found = asdict(describe_encoder(spec))
    if as_json:
        print_json(found)
        return
    table = Table(show_header=False, box=None)
    for name, value in found.items():
        table.add_row(name.replace("_", " "), str(value))
    output.print(table)
