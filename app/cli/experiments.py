"""binocle experiments ..."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, get_args

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.terminal import AsJson, Data, Store, errors, output, print_json, wired
from app.experiments.checking import check_experiment
from app.experiments.document import experiment_from_file
from app.experiments.record import Record
from app.experiments.registry import Registry
from app.experiments.results import findings_of
from core.disk import disk_errors
from core.errors import InvalidRequest
from eval.experiments.outcomes import UnitKind
from eval.reports.terminal import table

commands = typer.Typer(
    help="Compare ways to rank on live searches: groups of users, or interleaved.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="The experiment.")]


@commands.command()
def create(
    file: Annotated[Path, typer.Argument(help="The experiment, as JSON or YAML.")],
    start_: Annotated[bool, typer.Option("--start", help="Let it run from now on.")] = False,
    data: Data = None,
    store: Store = None,
) -> None:
    """Check an experiment against its collection and keep it."""
    wanted = experiment_from_file(file)
    with wired(data=data, store=store) as wiring:
        check_experiment(wiring, wanted)
        registry = Registry(wiring.database)
        record = registry.create(wanted)
        if start_:
            record = registry.start(wanted.name)
    _say(record, "is kept")


@commands.command("list")
def list_(data: Data = None, as_json: AsJson = False) -> None:
    """List the experiments, newest first."""
    now = datetime.now(UTC)
    with wired(data=data) as wiring:
        found = Registry(wiring.database).all()[::-1]
    if as_json:
        print_json({"experiments": [record.as_json(now) for record in found]})
        return
    if not found:
        output.print("There are no experiments.")
        return
    shown = Table("Name", "Collection", "State", "Variants", "Since", "Until", "", box=None)
    for record in found:
        wanted = record.experiment
        between = " / " if not wanted.interleave else " + "
        end = record.stopped_at or record.ends_at
        shown.add_row(
            record.name,
            wanted.collection,
            record.state(now),
            escape(between.join(wanted.shares)),
            _day(record.starts_at),
            _day(end),
            escape(record.reason),
        )
    output.print(shown)


@commands.command()
def show(name: Name, data: Data = None) -> None:
    """Show an experiment and its state, as JSON."""
    with wired(data=data) as wiring:
        print_json(Registry(wiring.database).get(name).as_json(datetime.now(UTC)))


@commands.command()
def start(name: Name, data: Data = None, store: Store = None) -> None:
    """Let an experiment run from now on. A running service takes it up a second later."""
    with wired(data=data, store=store) as wiring:
        registry = Registry(wiring.database)
        check_experiment(wiring, registry.get(name).experiment)
        record = registry.start(name)
    _say(record, "has started")


@commands.command()
def stop(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why; shown with the experiment.")] = "",
    data: Data = None,
) -> None:
    """End an experiment for good. A running service notices a second later."""
    with wired(data=data) as wiring:
        record = Registry(wiring.database).stop(name, reason)
    _say(record, "has ended")


@commands.command()
def results(
    name: Name,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots to this file.")] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """What an experiment has found so far, by the test that was named in it."""
    with wired(data=data) as wiring:
        record, found = findings_of(wiring, name)
    if html is not None:
        from eval.experiments.page import html as page

        state = record.state(datetime.now(UTC))
        text = page(found, f"{record.experiment.collection}, {state}, since {record.starts_at}")
        with disk_errors():
            html.write_text(text, encoding="utf-8")
        errors.print(f"Written to {html}.", soft_wrap=True)
    if as_json:
        print_json(found.to_json())
        return
    from eval.experiments.showing import tables

    for one in tables(found):
        output.print(table(one))


@commands.command()
def size(
    effect: Annotated[float, typer.Option(min=0, help="Smallest difference worth knowing.")],
    rate: Annotated[
        float | None, typer.Option(min=0, max=1, help="Of a share: what it is now, 0 to 1.")
    ] = None,
    collection: Annotated[
        str | None, typer.Option(help="Take the spread of its metric from what was recorded.")
    ] = None,
    metric: Annotated[str, typer.Option(help="With --collection: the metric.")] = "click_rate",
    unit: Annotated[str, typer.Option(help="With --collection: user or session.")] = "user",
    days: Annotated[float, typer.Option(min=0.01, help="With --collection: how far back.")] = 14,
    power: Annotated[float, typer.Option(min=0.01, max=0.999, help="Chance to find it.")] = 0.8,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="False winners.")] = 0.05,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """How many users or sessions each variant needs."""
    from app.experiments.sizing import Sizing, share_deviation

    if (rate is None) == (collection is None):
        raise InvalidRequest("Say either --rate or --collection.", field="rate")
    if unit not in get_args(UnitKind):
        raise InvalidRequest(f"unit is '{unit}': user or session.", field="unit")
    kind: Literal["user", "session"] = "user" if unit == "user" else "session"
    sizing = Sizing(effect, power=power, alpha=alpha)
    if rate is not None:
        found = sizing.of(share_deviation(rate))
    else:
        with wired(data=data) as wiring:
            found = sizing.of_log(wiring, str(collection), metric, kind, days)
    if as_json:
        print_json(found.as_json())
        return
    output.print(
        f"{found.fixed:,} {unit}s in each variant for a fixed test, {found.sequential:,} for a "
        f"sequential one, which may end sooner (difference {effect:g}, power {power:g}, alpha "
        f"{alpha:g}, standard deviation {found.deviation:.4g}).",
        soft_wrap=True,
    )
    if found.days is not None:
        output.print(
            f"At the traffic of the last {days:g} days, all of it in two variants: "
            f"{found.days:,.1f} days for the fixed test.",
            soft_wrap=True,
        )


@commands.command()
def simulate(
    effect: Annotated[float, typer.Option(min=0.001, help="The difference, of a rate.")] = 0.03,
    simulations: Annotated[int, typer.Option(min=100, help="Experiments of each kind.")] = 1_000,
    seed: int = 0,
) -> None:
    """Try the tests on simulated users: false winners, power, and what interleaving saves."""
    from app.cli.simulating import simulated_tables

    for one in simulated_tables(effect, simulations, seed):
        output.print(table(one))


def _say(record: Record, what: str) -> None:
    state = record.state(datetime.now(UTC))
    now = "a draft" if state == "draft" else state
    output.print(f"'{record.name}' {what}: it is {now}.")
    if state == "draft":
        errors.print(f"`binocle experiments start {record.name}` lets it run.", soft_wrap=True)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
