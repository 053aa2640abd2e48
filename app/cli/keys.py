"""binocle keys ..."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, errors, output, print_json, wired
from app.keys.key import Key, Role
from core.errors import InvalidRequest

commands = typer.Typer(help="API keys of the service.", no_args_is_help=True)
_SPAN = re.compile(r"(\d{1,6})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@commands.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what it is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.READ,
    expires: Annotated[
        str | None, typer.Option(help="When it ends: 90d, 12h, 2w. Without: never.")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option(help="The only collection it is for; may be repeated.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="The owner whose private items it may read as well.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: it is shown this once. From now on the service asks for keys."""
    with wired(data=data) as wiring:
        span = duration(expires) if expires is not None else None
        key, text = wiring.keys().create(
            name, role, collections=collection, expires_in=span, owner_id=owner
        )
    if as_json:
        print_json({**as_document(key), "key": text})
        return
    output.print(text, soft_wrap=True)
    errors.print(
        f"Keep it now: it is not shown again. It may {key.role}; send it as\n"
        "  Authorization: Bearer KEY",
        soft_wrap=True,
    )


@commands.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:
    """List the keys, without their secrets."""
    with wired(data=data) as wiring:
        found = wiring.keys().all()
    if as_json:
        print_json({"keys": [as_document(key) for key in found]})
        return
    if not found:
        output.print("There are no keys: the service is open to whoever reaches it.")
        return
    table = Table("Id", "Name", "Role", "Collections", "Owner", "Made", "Ends", "State", box=None)
    for key in found:
        limits = ", ".join(key.collections) if key.collections else "all"
        ends = f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never"
        made, state = f"{key.created_at:%Y-%m-%d}", key.state(datetime.now(UTC))
        table.add_row(
            key.id,
            escape(key.name),
            key.role,
            limits,
            escape(key.owner_id or ""),
            made,
            ends,
            state,
        )
    output.print(table)


@commands.command()
def revoke(
    id: Annotated[str, typer.Argument(help="The key's id, as `binocle keys list` shows it.")],
    data: Data = None,
) -> None:
    """End a key. A running service refuses it a second later."""
    with wired(data=data) as wiring:
        key = wiring.keys().revoke(id)
    output.print(f"The key '{key.id}' ({escape(key.name)}) is revoked.")


def duration(text: str) -> timedelta:
    """From such as '90d'. Raises InvalidRequest."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise InvalidRequest(
            f"'{text}' is no duration.", hint="Use 30m, 12h, 90d or 2w.", field="expires"
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def as_document(key: Key) -> dict[str, Any]:
    """A key as JSON, without its digest."""
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role.value,
        "owner_id": key.owner_id,
        "collections": list(key.collections) if key.collections is not None else None,
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "state": key.state(datetime.now(UTC)),
    }
