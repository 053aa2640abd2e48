"""What the commands share: their options, the two streams, and how things look on a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from app.settings import Settings
from app.wiring import Wiring, build

output = Console(highlight=False)
"""Answers. Piped or redirected, it is plain text."""

errors = Console(stderr=True, highlight=False)
"""Progress, notices and problems."""

Data = Annotated[
    Path | None, typer.Option("--data", help="Data directory [BINOCLE_DATA, ./binocle-data].")
]
Store = Annotated[
    str | None,
    typer.Option("--store", help="'embedded', or the URL of a Qdrant server [BINOCLE_STORE]."),
]
EncoderSpec = Annotated[
    str | None, typer.Option("--encoder", help="Encoder [BINOCLE_ENCODER, compact].")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, as the HTTP API answers.")]


@contextmanager
def wired(**settings: Any) -> Iterator[Wiring]:
    """The parts, built from the environment and `settings`; closed at the end.

    An `encoder` that is given here was named for this command: no other is used.
    """
    named = settings.get("encoder") is not None
    wiring = build(Settings.load(**settings), one_encoder=named)
    try:
        yield wiring
    finally:
        wiring.close()


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document to standard output."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def say_problem(message: str, hint: str = "") -> None:
    """What went wrong and what to do, on standard error."""
    errors.print(f"[red bold]Error:[/] {escape(message)}", soft_wrap=True)
    if hint:
        errors.print(escape(hint), soft_wrap=True)


def announce(url: str) -> None:
    """Where the service is, for people."""
    output.print(f"\nThe page: [bold]{url}[/]")
    output.print(f"The API:  {url}/v1, described at {url}/openapi.json", soft_wrap=True)
    output.print("Ctrl-C stops it.")


def human_bytes(size: float | None) -> str:
    """Such as '1.5 MB'; 'unknown' for None."""
    if size is None:
        return "unknown"
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
