"""binocle eval ...: sub-commands beside `binocle eval SET`."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from app.cli import calibrate, eval_drift, eval_online
from app.cli import eval as evaluation

_SET = "set"


class SetByDefault(TyperGroup):
    """A group whose first argument, where it is no sub-command, is an evaluation set."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [_SET, *args]
        return super().parse_args(ctx, args)


commands = typer.Typer(
    cls=SetByDefault,
    help="Measure: `binocle eval SET` an encoder or a live collection on an evaluation set.",
    no_args_is_help=True,
)
commands.command(_SET)(evaluation.evaluate)
commands.command("online")(eval_online.online)
commands.command("calibrate")(calibrate.calibrate)
commands.command("drift")(eval_drift.drift)
