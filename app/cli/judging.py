"""binocle collections judge"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress

from app.cli.terminal import Data, Store, errors, output, wired
from app.safety_sweep import sweep
from core.errors import SettingsError


def judge(
    name: Annotated[str, typer.Argument(help="The collection.")],
    by: Annotated[
        str | None,
        typer.Option(help="zero-shot, zero-shot:FILE or head:FILE [BINOCLE_DERIVE__SAFETY]."),
    ] = None,
    data: Data = None,
    store: Store = None,
) -> None:
    """Judge the safety of the items that are there, by their vectors; what a source or a person
    said stays."""
    with (
        wired(data=data, store=store) as wiring,
        Progress(console=errors, transient=True) as progress,
    ):
        spec = by or wiring.settings.derive.safety
        if spec is None:
            raise SettingsError(
                "No judge of safety is named.", hint="Give --by, such as --by head:safety.json."
            )
        task = progress.add_task("Judging", total=wiring.store.info(name).count)
        done = sweep(wiring, name, spec, progress=lambda n: progress.update(task, completed=n))
    output.print(
        f"Judged {done.judged:,} items of '{name}', {done.unsafe:,} of them unsafe; of "
        f"{done.said:,} others it was said before."
    )
