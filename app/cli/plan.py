"""binocle plan"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape

from app.cli.plan_tables import as_json, compared, report
from app.cli.terminal import AsJson, Data, errors, output, print_json
from app.settings import Settings
from core.disk import disk_errors
from core.errors import InvalidRequest
from eval.planning import constants as measured
from eval.planning import fleet as prices_
from eval.planning.constants import Constants
from eval.planning.designs import designs
from eval.planning.fleet import Fleet
from eval.planning.plan import plan as make_plan
from eval.planning.quantities import count, per_second, seconds, share, size
from eval.planning.rehearsal import rehearse
from eval.planning.workload import Workload
from qdrant.store import Quantization

_BUSY = 1.0


def _copy_prices(to: Path | None) -> None:
    """Write the table of machines and prices to a file, and be done."""
    if to is None:
        return
    if to.exists():
        raise InvalidRequest(f"{to} is there already.", hint="Name another file.")
    with disk_errors():
        to.write_bytes(prices_.SHIPPED.read_bytes())
    errors.print(f"Written: {escape(str(to))}", soft_wrap=True)
    raise typer.Exit


def plan(
    images: Annotated[str, typer.Option(help="Images in the collection, such as 150e9.")],
    dim: Annotated[int, typer.Option(help="Dimensions of the full vectors.")] = 256,
    quantization: Annotated[str, typer.Option(help="none, int8, binary, turbo, product.")] = "int8",
    first_dim: Annotated[
        int | None, typer.Option(help="Dimensions of the nested vectors in codes and graph.")
    ] = None,
    rescore: Annotated[bool, typer.Option(help="Read full vectors of the best.")] = True,
    in_memory: Annotated[bool, typer.Option("--in-memory", help="Full vectors in memory.")] = False,
    graph_on_disk: Annotated[bool, typer.Option("--graph-on-disk", help="Links, too.")] = False,
    qps: Annotated[str, typer.Option(help="Searches at the busiest time: 11500, 1e9/day.")] = "10",
    p99: Annotated[str, typer.Option(help="Wanted for 99 in 100 searches.")] = "100ms",
    hits: Annotated[int, typer.Option(help="Results on one page.")] = 20,
    photos: Annotated[str, typer.Option(help="Share of queries that bring a photo.")] = "0",
    cached: Annotated[str, typer.Option(help="Share answered from a cache, such as 30%.")] = "0",
    asked: Annotated[str, typer.Option(help="Share of the shards that a query asks.")] = "1",
    hedge: Annotated[
        str | None, typer.Option(help="Ask a second copy after this share, such as 95%.")
    ] = None,
    update_rate: Annotated[str, typer.Option(help="Images changed, such as 1e8/day.")] = "0",
    payload: Annotated[str, typer.Option(help="Metadata of one image.")] = "600B",
    image_size: Annotated[str, typer.Option(help="One image's file.")] = "200kB",
    copies: Annotated[int, typer.Option(help="Least number of copies of each shard.")] = 2,
    busy: Annotated[str, typer.Option(help="How busy a core may be at most.")] = "50%",
    recovery: Annotated[str, typer.Option(help="To build a lost machine's index again.")] = "24h",
    load_within: Annotated[str, typer.Option(help="Time for the first load.")] = "30d",
    machine: Annotated[str | None, typer.Option(help="For shards [the cheapest].")] = None,
    service_machine: Annotated[str | None, typer.Option(help="[cheapest core]")] = None,
    encoder_machine: Annotated[str | None, typer.Option(help="[cheapest core]")] = None,
    prices: Annotated[Path | None, typer.Option(help="Your table of machines and prices.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Of `bench calibrate`.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Other designs beside it.")] = False,
    simulate: Annotated[bool, typer.Option("--simulate", help="Simulate the fan-out.")] = False,
    as_json_: AsJson = False,
    data: Data = None,
    _: Annotated[
        Path | None,
        typer.Option(
            "--copy-prices",
            is_eager=True,
            callback=_copy_prices,
            help="Only write the table of prices to this file, to edit it for --prices.",
        ),
    ] = None,
) -> None:
    """Machines, cost and latency of a collection of any size, from what was measured."""
    work = Workload(
        images=count(images, "images"),
        dim=dim,
        quantization=_kind(quantization),
        first_dim=first_dim,
        rescore=rescore,
        in_memory=in_memory,
        graph_on_disk=graph_on_disk,
        qps=per_second(qps, "qps"),
        p99_s=seconds(p99, "p99"),
        hits=hits,
        photos=share(photos, "photos"),
        cached=share(cached, "cached"),
        asked=share(asked, "asked"),
        hedge=None if hedge is None else share(hedge, "hedge"),
        update_rate=per_second(update_rate, "update_rate"),
        payload_bytes=size(payload, "payload"),
        image_bytes=size(image_size, "image_size"),
        copies=copies,
        busy=share(busy, "busy"),
        recovery_s=seconds(recovery, "recovery"),
        load_s=seconds(load_within, "load_within"),
    )
    constants = calibrated(calibration, data, quiet=as_json_)
    fleet = Fleet.read_from(prices or prices_.SHIPPED)
    names: dict[str, Any] = {
        "shard_machine": machine,
        "service_machine": service_machine,
        "encoder_machine": encoder_machine,
    }
    found = make_plan(work, constants, fleet, **names)
    rehearsal = rehearse(found) if simulate else None
    others = {}
    if compare:
        others = {
            name: make_plan(dataclasses.replace(work, **changes), constants, fleet, **names)
            for name, changes in designs(work).items()
        }
    if as_json_:
        print_json(as_json(found, fleet, constants, rehearsal, others))
        return
    output.print(report(found, fleet, constants, rehearsal))
    if others:
        output.print(compared({"as asked": found, **others}, fleet))


def calibrated(given: Path | None, data: Path | None, *, quiet: bool = False) -> Constants:
    """Constants of a file, else of the data directory, else those shipped; says which, on standard
    error, unless `quiet`. Raises SettingsError."""
    own = Settings.load(data=data).data / measured.FILE_NAME
    path = given or (own if own.exists() else measured.SHIPPED)
    found = Constants.read_from(path)
    if path == measured.SHIPPED and not quiet:
        errors.print(
            f"This machine is not calibrated: the figures shipped are used, of {found.machine}, "
            f"{found.measured_on}. Measure with `binocle bench calibrate`.",
            style="yellow",
            soft_wrap=True,
        )
    if found.load > _BUSY and not quiet:
        errors.print(
            f"They were measured at a load of {found.load:.1f} per core, so that times are too "
            "long.",
            style="yellow",
            soft_wrap=True,
        )
    return found


def _kind(name: str) -> Quantization:
    for kind in get_args(Quantization):
        if name == kind:
            return kind  # type: ignore[no-any-return]
    raise InvalidRequest(
        f"--quantization is '{name}'.",
        hint=f"It is one of {', '.join(get_args(Quantization))}.",
        field="quantization",
    )
