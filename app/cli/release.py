"""binocle release"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, Store, errors, output, print_json, wired
from app.problems import ExitCode
from app.release.record import Record, Records, State, Step
from app.release.run import abort as abort_release
from app.release.run import records_of, roll_back
from app.release.run import resume as resume_release
from app.release.run import start as start_release
from app.release.work import Lesson, Query, Tools, Trained
from core.errors import NotFound

commands = typer.Typer(
    help="Release new towers: train, gate, re-embed aside, compare, switch or leave.",
    no_args_is_help=True,
)
Name = Annotated[str | None, typer.Argument(help="The release [the one that is not decided].")]


@commands.command("start")
def start(
    file: Annotated[Path, typer.Argument(help="A release: a YAML file; see docs/closed-loop.md.")],
    data: Data = None,
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """Begin a release, and go on with it as far as it goes.

    Stopped or killed at any step, the old model goes on answering; `resume` goes on from there.
    """
    with wired(data=data, store=store) as wiring, _tools() as tools:
        record = start_release(wiring, file, tools)
    _end(record, as_json=as_json)


@commands.command("resume")
def resume(
    name: Name = None, data: Data = None, store: Store = None, as_json: AsJson = False
) -> None:
    """Go on with a release that was stopped, or that waits for its experiment."""
    with wired(data=data, store=store) as wiring, _tools() as tools:
        found = name or _undecided(records_of(wiring))
        record = resume_release(wiring, found, tools)
    _end(record, as_json=as_json)


@commands.command("abort")
def abort(name: Name = None, data: Data = None, store: Store = None) -> None:
    """End a release that is not decided: the old model goes on answering."""
    with wired(data=data, store=store) as wiring:
        record = abort_release(wiring, name or _undecided(records_of(wiring)))
    output.print(f"'{record.name}' is aborted. '{record.collection}' answers as before.")


@commands.command("rollback")
def rollback(
    name: Annotated[
        str | None, typer.Argument(help="The release [the one published last].")
    ] = None,
    data: Data = None,
    store: Store = None,
) -> None:
    """Have the generation answer again that did before a release was published."""
    with wired(data=data, store=store) as wiring:
        record = roll_back(wiring, name or _published(records_of(wiring)))
    output.print(f"'{record.name}' is rolled back: {escape(record.why)}")


@commands.command("status")
def status(
    name: Annotated[
        str | None, typer.Argument(help="The release [all of them, and the last one in full].")
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show what was decided, and why."""
    with wired(data=data) as wiring:
        records = records_of(wiring)
        found = [records.get(name)] if name else records.all()
    if as_json:
        print_json({"releases": [one.as_json() for one in found]})
        return
    if not found:
        output.print("There is no release yet: `binocle release start FILE` begins one.")
        return
    if len(found) > 1:
        table = Table("Release", "Collection", "Started", "State", "Why", box=None)
        for one in found:
            told = one.trouble or one.why
            table.add_row(one.name, one.collection, one.started, one.state, escape(told))
        output.print(table)
        output.print()
    _show(found[-1])


@contextmanager
def _tools() -> Iterator[Tools]:
    """A trainer that imports PyTorch when it is needed, and a line of what is being done."""

    def told(what: str) -> None:
        errors.print(escape(what), style="dim", soft_wrap=True)

    def train(lesson: Lesson) -> Trained:
        from app.cli.release_training import train as run

        return run(lesson)

    def asked(log: Path) -> Sequence[Query]:
        from app.cli.release_training import queries_of

        return queries_of(log)

    yield Tools(train, asked, told)


def _undecided(records: Records) -> str:
    found = [one for one in records.all() if one.state.open]
    return _only(found, "There is no release that is not decided yet.", "not decided")


def _published(records: Records) -> str:
    found = [one for one in records.all() if one.state is State.PUBLISHED]
    last = {one.collection: one for one in found}
    return _only(list(last.values()), "No release was published.", "published")


def _only(found: list[Record], none: str, what: str) -> str:
    if not found:
        raise NotFound(none, hint="`binocle release status` shows them.", field="name")
    if len(found) > 1:
        named = ", ".join(one.name for one in found)
        raise NotFound(f"Several releases are {what}: {named}.", hint="Name one.", field="name")
    return found[0].name


def _end(record: Record, *, as_json: bool) -> None:
    if as_json:
        print_json(record.as_json())
    else:
        _show(record)
    refused = record.state is State.REFUSED
    raise typer.Exit(ExitCode.FAILED if refused else ExitCode.DONE)


def _show(record: Record) -> None:
    output.print(f"[bold]{escape(record.name)}[/] of '{record.collection}': {record.state}")
    table = Table("Step", "Decision", "Why", box=None)
    for step in Step:
        outcome = record.outcomes.get(step)
        if outcome is not None:
            table.add_row(step, outcome.decision, escape(outcome.why))
    output.print(table)
    _show_figures(record)
    if record.trouble:
        output.print(escape(record.trouble), style="yellow", soft_wrap=True)
    if record.next is not None:
        output.print(f"Next: {record.next}, by `binocle release resume {escape(record.name)}`.")
    if record.state is State.REFUSED:
        output.print(f"'{record.collection}' answers as before.", soft_wrap=True)


def _show_figures(record: Record) -> None:
    outcome = record.outcomes.get(Step.EVALUATE)
    if outcome is None:
        return
    table = Table("Figure", "Wanted", "Queries", "Before", "After", "p", "", box=None)
    for one in outcome.facts.get("figures", ()):
        before, after = (_figure(one[side]) for side in ("before", "after"))
        p = "" if one["p"] is None else f"{one['p']:.4f}"
        row = (one["want"], f"{one['queries']:,}", before, after, p, one["outcome"])
        table.add_row(escape(one["name"]), *row)
    output.print(table)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
