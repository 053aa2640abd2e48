"""The `binocle` command: its sub-commands, and how failures are told."""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import Any

import typer
from rich.logging import RichHandler
from typer.main import get_command

from app.cli import (
    bench,
    click_judgments,
    collections,
    compact,
    database,
    demo,
    encoders,
    evaluations,
    events,
    experiments,
    export,
    ingest,
    judgments,
    keys,
    mine,
    plan,
    ranker,
    release,
    safety,
    search,
    serve,
    train,
)
from app.cli.terminal import errors, say_problem
from app.problems import ExitCode, exit_code_of
from core.errors import BinocleError

binocle = typer.Typer(
    name="binocle",
    help="Find images by text, by image, or by both.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
binocle.command("demo")(demo.demo)
binocle.command("ingest", epilog=ingest.EPILOG)(ingest.ingest)
binocle.command("search")(search.search)
binocle.command("serve")(serve.serve)
binocle.command("export")(export.export)
binocle.command("plan")(plan.plan)
binocle.add_typer(collections.commands, name="collections")
binocle.add_typer(encoders.commands, name="encoders")
binocle.add_typer(bench.commands, name="bench")
binocle.add_typer(evaluations.commands, name="eval")
binocle.add_typer(events.commands, name="events")
train.commands.command("compact")(compact.compact)
train.commands.command("judgments")(click_judgments.judgments)
train.commands.command("mine")(mine.mine)
train.commands.command("ranker")(ranker.ranker)
train.commands.command("safety")(safety.safety)
binocle.add_typer(train.commands, name="train")
binocle.add_typer(release.commands, name="release")
binocle.add_typer(judgments.commands, name="judgments")
binocle.add_typer(keys.commands, name="keys")
binocle.add_typer(database.commands, name="database")
binocle.add_typer(experiments.commands, name="experiments")


@binocle.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Log more, and show stack traces."),
) -> None:
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=errors, show_path=False)],
    )


@cache
def _command() -> Any:
    """The commands as Click runs them: made of some 150 signatures, so not for each call anew."""
    return get_command(binocle)


def main() -> None:
    """Run the command line; exits with a code of `app.problems.ExitCode`."""
    try:
        sys.exit(_command()(standalone_mode=False) or ExitCode.DONE)
    except Exception as error:
        if "--debug" in sys.argv[1:]:
            raise
        sys.exit(_told(error))
    except KeyboardInterrupt:
        errors.print("Stopped.")
        sys.exit(130)


def _told(error: Exception) -> int:
    if isinstance(error, BinocleError):
        say_problem(error.message, error.hint)
        return exit_code_of(error)
    if isinstance(error, typer.Exit):
        return error.exit_code
    if hasattr(error, "format_message"):  # wrong use, as Click tells it
        say_problem(error.format_message(), "See --help.")
        return ExitCode.WRONG_USE
    if isinstance(error, typer.Abort):
        errors.print("Stopped.")
        return 130
    say_problem(
        f"Binocle failed: {type(error).__name__}: {error}",
        "Run it again with `binocle --debug ...` for the stack trace, and report it.",
    )
    return ExitCode.FAILED
