"""python -m examples.closed_loop [FOLDER]"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import errors, output
from app.cli.train import quiet_libraries
from app.settings import Settings
from app.wiring import build

WEEKS = 3


def main(
    folder: Annotated[Path | None, typer.Argument(help="A new folder [none is kept].")] = None,
) -> None:
    """Three weeks of a made-up shop, and a broken model in the fourth: what came of each."""
    if folder is not None:
        run(folder.absolute())
        return
    with tempfile.TemporaryDirectory() as temporary:
        run(Path(temporary))


def run(folder: Path) -> None:
    """All of it below `folder`: the catalog, the recipes, the releases and their data."""
    with errors.status("Importing PyTorch", spinner="line"):
        quiet_libraries()
        from examples.closed_loop.towers import first_model
        from examples.closed_loop.weeks import Loop, Plan
    plan = Plan()
    plan.shop.write(folder)
    model = first_model(folder, steps=60)
    settings = Settings.load(data=folder / "data", encoder=f"st:{model}")
    with closing(build(settings)) as wiring:
        loop = Loop(wiring, folder, plan, model)
        for number in range(1, WEEKS + 2):
            started = time.monotonic()
            week = loop.week(number) if number <= WEEKS else loop.broken(number)
            output.print(
                f"Week {number}: {week.searches} searches, {week.clicks} clicks, nDCG@10 "
                f"{week.before:.3f} -> {week.after:.3f}: {week.record.state}, "
                f"{time.monotonic() - started:.0f} s. {week.record.why}",
                soft_wrap=True,
            )


if __name__ == "__main__":
    typer.run(main)
