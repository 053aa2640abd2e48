"""binocle train compact"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, TaskID
from rich.table import Table

from app.cli.terminal import errors, output
from core.errors import SettingsError

_DATA = "Folder of the Parquet files: fashion-train, clothing-train, grocery-train, -val, -catalog."
_EMOJI = "Folder of the unpacked npm packages emoji-datasource-google, -twitter, emojibase-data."


def compact(
    data: Annotated[Path, typer.Option(help=_DATA, exists=True, file_okay=False)],
    emoji: Annotated[Path, typer.Option(help=_EMOJI, exists=True, file_okay=False)],
    recipe: Annotated[
        Path | None, typer.Argument(help="A YAML file [the recipe that ships].")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write the bundle.")] = Path("runs/compact"),
    cache: Annotated[
        Path, typer.Option(help="Features of the frozen trunks are kept here.")
    ] = Path(".cache/compact"),
    stamps: Annotated[
        Path | None, typer.Option(help="Tux Paint's stamps, to measure on.", file_okay=False)
    ] = None,
) -> None:
    """Train the compact towers that ship: heads on frozen trunks, on two cores in an hour.

    The drawings and WordNet come from Debian's packages openclipart-png, openclipart-svg and
    wordnet-base. The bundle gets a model card with the held-out scores.
    """
    try:
        from training.compact.assembly import Places
        from training.compact.making import make
        from training.compact.recipe import SHIPPED, read_recipe
    except ImportError as error:
        raise SettingsError(
            f"Training needs packages that are not installed ({error.name}).",
            hint="Run: pip install 'binocle[train]'",
        ) from None
    read = read_recipe(recipe or SHIPPED)
    with Progress(console=errors) as bars:
        made = make(
            read,
            Places(data, emoji),
            out,
            cache=cache,
            stamps_root=stamps,
            progress=_Shown(bars),
        )
    _tell(made.scores)
    output.print(f"The bundle: bundle:{out}", soft_wrap=True)


class _Shown:
    """One bar a stage, drawn by rich; a line a tenth where standard error is a file."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None
        self._stage = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        stage = what.split(",")[0]
        if self._task is None or stage != self._stage:
            self._stage = stage
            self._task = self._bars.add_task(what, total=total)
        self._bars.update(self._task, completed=done, description=what)
        if not errors.is_terminal and done % max(1, total // 10) == 0:
            self._bars.console.print(f"{what}: {done:,} of {total:,}")


def _tell(scores: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(scores.values())))
    table = Table("Held out", *scores, box=None)
    for name in names:
        table.add_row(name, *(f"{row[name]:.3f}" for row in scores.values()))
    output.print(table)
