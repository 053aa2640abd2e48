"""Fields of a collection on the command line: shown, and added."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from app.cli.catalog_columns import field_types
from app.cli.terminal import Data, Store, output, wired
from app.collections import add_fields
from app.field_facts import as_document, field_facts
from app.running import ask, running_service
from app.search.policy import Viewer
from app.wiring import Wiring
from core.errors import CollectionBusy

_EVERYTHING = Viewer(sees_private=True, unsafe_from=None)
_SHOWN = 60
"""Characters of an example."""


def add_field(
    name: Annotated[str, typer.Argument(help="The collection.")],
    fields: Annotated[list[str], typer.Argument(help="Such as season=keyword; or several.")],
    data: Data = None,
    store: Store = None,
) -> None:
    """Declare more fields of a collection, and index them; a service may run meanwhile."""
    types = field_types(fields)
    with wired(data=data, store=store) as wiring:
        try:
            add_fields(wiring, name, types)
        except CollectionBusy as busy:
            service = running_service(wiring.directories.root)
            if service is None:
                raise busy from None
            body = {"fields": {field: kind.value for field, kind in types.items()}}
            ask(service, "PATCH", f"/v1/collections/{name}", body)
    told = ", ".join(f"{field} ({kind.value})" for field, kind in types.items())
    output.print(f"'{name}' has {told} now; the next load fills what its source has.")


def fields_of(wiring: Wiring, name: str) -> list[dict[str, Any]] | None:
    """Fields with counts and examples; None where another process has the collection open, and is
    no service that could be asked."""
    try:
        with wiring.catalog.lease(name) as opened:
            return as_document(field_facts(opened, _EVERYTHING))
    except CollectionBusy:
        service = running_service(wiring.directories.root)
        if service is None:
            return None
        found: list[dict[str, Any]] = ask(service, "GET", f"/v1/collections/{name}/fields")[
            "fields"
        ]
        return found


def print_fields(fields: list[dict[str, Any]]) -> None:
    """A table of the fields that items have, the collection's own first."""
    table = Table("Field", "Type", "Items", "Such as", box=None, title="Fields",
                  title_justify="left")  # fmt: skip
    table.columns[2].justify = "right"
    empty = []
    for field in fields:
        if not field["count"] and not field["own"]:
            empty.append(field["name"])
            continue
        examples = ", ".join(str(example)[:_SHOWN] for example in field["examples"])
        style = "bold" if field["own"] else ""
        table.add_row(
            Text(field["name"], style=style), field["type"], f"{field['count']:,}", Text(examples)
        )
    output.print(table)
    if empty:
        output.print(f"No item has: {', '.join(empty)}.", style="dim")
