"""binocle train RECIPE"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from typer.core import TyperGroup

from app.cli.terminal import errors, output
from app.problems import ExitCode
from core.errors import SettingsError

if TYPE_CHECKING:
    from training.fit.outcome import Finished, Stopped
    from training.fit.plan import Plan
    from training.fit.watcher import Watcher
    from training.recipe import Recipe

_RECIPE = "recipe"
_INTERRUPTED = 130


class _RecipeByDefault(TyperGroup):
    """`train FILE` is short for `train recipe FILE`; other trainings are commands beside it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = [_RECIPE, *args]
        return list(super().parse_args(ctx, args))


commands = typer.Typer(
    cls=_RecipeByDefault,
    help="Train towers: `binocle train RECIPE` is short for `binocle train recipe RECIPE`.",
    no_args_is_help=True,
)


@commands.command(_RECIPE)
def train(
    recipe: Annotated[Path, typer.Argument(help="A YAML file; see training/recipes.")],
    out: Annotated[
        Path | None, typer.Option(help="The run's directory [runs/NAME-OF-THE-RECIPE].")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the run's last checkpoint.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a setting, as in loss.kind=sigmoid; may be repeated."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the recipe and its data; train nothing.")
    ] = False,
) -> None:
    """Train two towers as a recipe says.

    The run's directory gets the model, its card, scores before and after, a log for TensorBoard,
    and checkpoints. Ctrl-C writes a checkpoint and stops; --resume goes on from there.
    """
    quiet_libraries()
    from training.recipe import read_recipe

    read = read_recipe(recipe, set_ or ())
    directory = out or Path("runs") / recipe.stem
    with watching() as watcher:
        if dry_run:
            from training.fit.plan import plan_of

            plan = plan_of(read, recipe.parent, watcher)
        else:
            result = _trained(read, recipe.parent, directory, resume, watcher)
    if dry_run:
        _tell_plan(plan)
        return
    raise typer.Exit(_told(result, recipe, directory, set_ or []))


def _trained(
    recipe: Recipe, base: Path, directory: Path, resume: bool, watcher: Watcher
) -> Finished | Stopped | None:
    from training.fit.run import train as run

    return run(recipe, base, directory, resume=resume, watcher=watcher)


def quiet_libraries() -> None:
    """Imports what training needs, and keeps its bars and notices off the terminal."""
    try:
        import accelerate  # noqa: F401  # one of the last that an incomplete install would have
        import torch  # noqa: F401
        from transformers.utils import logging
    except ImportError as error:
        raise SettingsError(
            f"Training needs packages that are not installed ({error.name}).",
            hint="Run: pip install 'binocle[train]'",
        ) from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()


@contextmanager
def watching() -> Iterator[Watcher]:
    """A watcher that shows a bar on standard error, and lines of figures where that is a file."""
    from training.fit.watcher import Watcher

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task("", total=None, visible=False, figures="")
        under_way = ""

        def stage(what: str, done: int, total: int) -> None:
            nonlocal under_way
            if what != under_way:
                progress.reset(task, description=what, total=total, visible=True, figures="")
                under_way = what
            progress.update(task, completed=done, total=total)

        def log(step: int, figures: Mapping[str, float]) -> None:
            shown = _shown(figures)
            progress.update(task, figures=shown)
            if shown and not errors.is_terminal:
                progress.console.print(f"step {step:,}: {shown}")

        def note(sentence: str) -> None:
            progress.console.print(escape(sentence), style="dim", soft_wrap=True)

        yield Watcher(stage, log, note)


def _shown(figures: Mapping[str, float]) -> str:
    """The loss, or scores; not what only TensorBoard needs."""
    wanted = {
        name: value
        for name, value in figures.items()
        if name == "loss" or name.startswith("validation/")
    }
    return ", ".join(f"{escape(name)} {value:.4g}" for name, value in wanted.items())


def _tell_plan(plan: Plan) -> None:
    table = Table("Source", "Pairs", "Share", "Held out", box=None)
    for one, share in zip(plan.built, plan.mixture.shares, strict=True):
        held = len(one.held_out) if one.held_out is not None else 0
        table.add_row(escape(one.source.name), f"{len(one.source):,}", f"{share:.0%}", f"{held:,}")
    output.print(table)
    recipe = plan.recipe
    pairs = plan.steps * recipe.batch_size * recipe.accumulate
    epochs = pairs / plan.mixture.epoch
    precision = "bf16" if plan.bf16 else "fp32"
    output.print(
        f"{plan.steps:,} steps of {recipe.batch_size * recipe.accumulate:,} pairs on {plan.device} "
        f"in {precision}: {epochs:.1f} times through the data."
    )
    for what, scorer in (("Validation", plan.validation), ("Forgetting guard", plan.guard)):
        tasks = ", ".join(task.name for task in scorer.tasks) if scorer else "none"
        output.print(f"{what}: {escape(tasks)}.", soft_wrap=True)
    output.print("The recipe is sound; nothing was trained.")


def _told(
    result: Finished | Stopped | None, recipe: Path, directory: Path, changes: list[str]
) -> int:
    """Says what came of it; answers the exit code."""
    from training.fit.outcome import Stopped

    if result is None:  # under torchrun, the first process tells
        return ExitCode.DONE
    if isinstance(result, Stopped):
        settings = "".join(f" --set '{change}'" for change in changes)
        output.print(
            f"Stopped after step {result.step:,} of {result.steps:,}; its checkpoint is written. "
            "To go on:"
        )
        output.print(
            f"  binocle train {escape(str(recipe))} --out {escape(str(directory))}"
            f"{escape(settings)} --resume",
            soft_wrap=True,
        )
        return _INTERRUPTED
    _summarise(result)
    return ExitCode.DONE_WITH_REJECTS if result.skipped else ExitCode.DONE


def _summarise(run: Finished) -> None:
    table = Table("Task", "Before", "After", "Change", box=None)
    for before, after in (
        (run.before.validation, run.chosen.validation),
        (run.before.general, run.chosen.general),
    ):
        for name, score in before.items():
            change = after[name] - score
            table.add_row(escape(name), f"{score:.3f}", f"{after[name]:.3f}", f"{change:+.3f}")
    if table.row_count:
        output.print(table)
    output.print(
        f"{run.steps:,} steps, {run.pairs:,} pairs in {run.seconds:,.0f} s. "
        f"The weights are {run.chosen.alpha:.0%} of the trained ones."
    )
    if run.summary:
        output.print(escape(run.summary), style="yellow", soft_wrap=True)
    style = "red" if run.verdict.refused else None
    output.print(escape(run.verdict.reason), style=style, soft_wrap=True)
    output.print(f"The model: st:{run.directory}/model", soft_wrap=True)
