"""binocle database ..."""

from __future__ import annotations

import typer

from app.cli.terminal import AsJson, Data, output, print_json, wired

commands = typer.Typer(
    help="The SQL database [BINOCLE_DATABASE, binocle.db in the data directory].",
    no_args_is_help=True,
)


@commands.command()
def show(data: Data = None, as_json: AsJson = False) -> None:
    """Show where it is, and the version of its tables."""
    with wired(data=data) as wiring:
        database = wiring.database
        found = database.version() if database.exists() else None
        document = {
            "url": database.shown,
            "version": found.found if found else None,
            "wanted": found.wanted if found else None,
            "current": found.current if found else False,
        }
    if as_json:
        print_json(document)
        return
    output.print(document["url"], soft_wrap=True)
    if found is None or found.found is None:
        output.print("It has no tables yet; they are made at their first use.")
    elif found.current:
        output.print(f"Its tables are of version {found.found}, the newest.")
    else:
        output.print(f"Its tables are of version {found.found}; `upgrade` makes it {found.wanted}.")


@commands.command()
def upgrade(data: Data = None) -> None:
    """Make or upgrade its tables. `serve` does so too, where its account may."""
    with wired(data=data) as wiring:
        wiring.database.prepare()
        version = wiring.database.version()
    output.print(f"The tables are of version {version.found}.")
