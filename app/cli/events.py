"""binocle events ..."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, errors, output, print_json, wired
from app.interactions.erasing import Erased, forget, images_left, prune
from app.interactions.query_images import QueryImages
from app.interactions.secret import identities_of
from app.interactions.standing import standing
from app.wiring import Wiring
from core.disk import disk_errors
from core.errors import InvalidRequest

commands = typer.Typer(
    help="The record of searches and of what people did with their answers.",
    no_args_is_help=True,
)

Collection = Annotated[str | None, typer.Option(help="Only this collection.")]
Since = Annotated[
    str | None, typer.Option(help="From this day (UTC) on: 2026-05-01, or 7d for the last seven.")
]
Until = Annotated[str | None, typer.Option(help="Before this day (UTC): 2026-06-01.")]


@commands.command()
def stats(since: Since = None, data: Data = None, as_json: AsJson = False) -> None:
    """Show how many searches, people and events are recorded, by collection."""
    with wired(data=data) as wiring:
        document = standing(wiring.database, day_of("--since", since))
    if as_json:
        print_json(document)
        return
    if not document["collections"]:
        output.print("No search is recorded.")
        return
    heads = ("collection", "searches", "users", "sessions", "first", "last", "events")
    table = Table(*heads, box=None)
    for one in document["collections"]:
        events = ", ".join(f"{count:,} {name}" for name, count in sorted(one["events"].items()))
        table.add_row(
            one["collection"],
            *(f"{one[name]:,}" for name in ("searches", "users", "sessions")),
            *(one[name][:10] for name in ("first", "last")),  # days, or 80 columns are too few
            escape(events or "none"),
        )
    output.print(table)


@commands.command()
def export(
    to: Annotated[Path, typer.Option(help="Folder to write to.")],
    collection: Collection = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Bots and repeated clicks, too.")
    ] = False,
    data: Data = None,
) -> None:
    """Write searches and events as Parquet, a folder for each collection and day.

    A day that is there already is replaced. Training reads these files (kind: clicks).
    """
    from eval.online.export import export as write
    from eval.online.log import InteractionLog
    from eval.online.report import notes
    from eval.online.rules import AS_DOCUMENTED, EVERYTHING

    with wired(data=data) as wiring, disk_errors():
        log = InteractionLog(wiring.database, EVERYTHING if everything else AS_DOCUMENTED)
        visits = log.visits(collection, day_of("--since", since), day_of("--until", until))
        done = write(visits, to, picture=images_of(wiring).find)
    output.print(f"{done.searches:,} searches and {done.events:,} events in {done.files:,} files.")
    for note in notes(log.left_out):
        errors.print(note, style="yellow", soft_wrap=True)


@commands.command("forget")
def forget_(
    user: Annotated[
        str | None, typer.Option(help="As the header Binocle-User has told them.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="As the header Binocle-Session has told it.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Erase what one person did: their searches, the events on them, and images they asked by.

    With --user, also what was done in the sessions that the user was seen in. Files that were
    exported before stay as they are: export again.
    """
    if (user is None) == (session is None):
        raise InvalidRequest("Say whom to forget: either --user or --session.", field="user")
    with wired(data=data) as wiring:
        who = identities_of(wiring.database, wiring.settings.events.salt)
        erased = forget(
            wiring.database,
            user=None if user is None else who.user(user),
            session=None if session is None else who.session(session),
        )
        _drop(wiring, erased.images)
    _tell(erased, as_json)


@commands.command("prune")
def prune_(
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", min=0, help="Days [BINOCLE_EVENTS__RETENTION_DAYS]."),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Erase searches and events that are older than they are to be kept. `serve` does so, too."""
    with wired(data=data) as wiring:
        days = wiring.settings.events.retention_days if older_than is None else older_than
        if older_than is None and not days:
            raise InvalidRequest(
                "BINOCLE_EVENTS__RETENTION_DAYS is 0: everything is kept.",
                hint="Say how old it may be with --older-than DAYS.",
                field="older-than",
            )
        erased = prune(wiring.database, datetime.now(UTC) - timedelta(days=days))
        _drop(wiring, images_of(wiring).settled())
    _tell(erased, as_json)


def day_of(option: str, given: str | None) -> datetime | None:
    """The first moment (UTC) of the day that an option says: a date, or a number of days ago.

    Raises InvalidRequest.
    """
    if given is None:
        return None
    today = datetime.combine(datetime.now(UTC).date(), time(), UTC)
    if given.endswith("d") and given[:-1].isdigit() and len(given) < 6:
        return today - timedelta(days=int(given[:-1]) - 1)
    try:
        return datetime.combine(datetime.fromisoformat(given).date(), time(), UTC)
    except ValueError:
        raise InvalidRequest(
            f"{option} is '{given}', which is no day.",
            hint="Write 2026-05-01, or 7d for the last seven days.",
            field=option.removeprefix("--"),
        ) from None


def images_of(wiring: Wiring) -> QueryImages:
    """The images of queries that are kept."""
    return QueryImages(wiring.directories.query_images)


def _drop(wiring: Wiring, digests: Iterable[str]) -> None:
    """Drop those images that no search has any more."""
    images = images_of(wiring)
    for digest in set(digests) - images_left(wiring.database, digests):
        images.drop(digest)


def _tell(erased: Erased, as_json: bool) -> None:
    if as_json:
        print_json({"searches": erased.searches, "events": erased.events})
        return
    output.print(f"Erased {erased.searches:,} searches and {erased.events:,} events.")
    if not erased.searches:
        errors.print("Nothing of the kind is recorded.", soft_wrap=True)
