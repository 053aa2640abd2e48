"""binocle eval online"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer
from rich.markup import escape

from app.cli.events import Collection, Since, Until, day_of
from app.cli.terminal import AsJson, Data, errors, output, wired
from core.disk import disk_errors
from core.errors import InvalidRequest
from eval.online.dimensions import DIMENSIONS, By
from eval.reports.page import check_installed


def online(
    collection: Collection = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[
        str, typer.Option(help=f"Along these, by commas: {', '.join(DIMENSIONS)}.")
    ] = "day,kind,variant",
    files: Annotated[
        Path | None, typer.Option(help="Read what `binocle events export` wrote to this folder.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Count bots and repeated clicks, too.")
    ] = False,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a report with plots.")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Measure what people do with answers: clicks, their places, conversions, time, by group.

    Bots and repeated clicks do not count. Intervals are over people, see docs/events.md.
    """
    from eval.online.document import measure
    from eval.online.files import InteractionFiles
    from eval.online.log import InteractionLog
    from eval.online.report import html, show
    from eval.online.rules import AS_DOCUMENTED, EVERYTHING

    dimensions = _dimensions(by)
    if html_file is not None:
        check_installed()
    with wired(data=data) as wiring:
        log = InteractionLog(wiring.database, EVERYTHING if everything else AS_DOCUMENTED)
        source = log if files is None else InteractionFiles(files)
        span = (collection, day_of("--since", since), day_of("--until", until))
        document = measure(
            source.visits(*span),
            dimensions,
            collection=span[0],
            since=span[1],
            until=span[2],
            left_out=log.left_out,
        )
    if as_json:
        typer.echo(document.model_dump_json(indent=2))
    else:
        output.print(show(document))
    if html_file is not None:
        _write(html_file, html(document))


def _dimensions(by: str) -> tuple[By, ...]:
    given = tuple(dict.fromkeys(each.strip() for each in by.split(",") if each.strip()))
    for each in given:
        if each not in DIMENSIONS:
            raise InvalidRequest(
                f"--by names '{each}'.", hint=f"Use {', '.join(DIMENSIONS)}.", field="by"
            )
    return cast("tuple[By, ...]", given)


def _write(path: Path, page: str) -> None:
    with disk_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    errors.print(f"Report: {escape(str(path))}", soft_wrap=True)
