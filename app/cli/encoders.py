"""binocle encoders ..."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from app.cli.terminal import AsJson, output, print_json
from encoders.specs import KINDS, describe_encoder, list_encoders

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
    output.print(f"Of your own: {', '.join(KINDS)}.", style="dim", highlight=False)


@commands.command()
def describe(
    spec: Annotated[str, typer.Argument(help=f"'compact', {', '.join(KINDS)}.")],
    as_json: AsJson = False,
) -> None:
    """Show what is known of an encoder."""
    found = asdict(describe_encoder(spec))
    if as_json:
        print_json(found)
        return
    table = Table(show_header=False, box=None)
    for name, value in found.items():
        if value not in (None, "", ()):
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            table.add_row(name.replace("_", " "), shown)
    output.print(table)
