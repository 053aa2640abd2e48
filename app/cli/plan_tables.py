"""A plan as tables, and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

from eval.planning.constants import Constants
from eval.planning.fleet import Fleet
from eval.planning.plan import Plan
from eval.planning.quantities import shown, shown_duration
from eval.planning.rehearsal import MOST_SHARDS, Rehearsal


def report(
    plan: Plan, fleet: Fleet, constants: Constants, rehearsal: Rehearsal | None
) -> RenderableType:
    """Everything for a terminal."""
    parts: list[RenderableType] = [_two(plan, fleet), _latency(plan)]
    if rehearsal is not None:
        parts.append(_rehearsed(rehearsal, plan))
    parts += [f"- {note}" for note in notes(plan, constants)]
    return Group(*parts)


def compared(plans: Mapping[str, Plan], fleet: Fleet) -> Table:
    """One line for each design."""
    table = Table(
        "Design", "Shards", "Copies", "Machines", "Memory", f"{fleet.currency}/month", "p50", "p99",
        box=None, title="Designs",
    )  # fmt: skip
    for name, plan in plans.items():
        whole = plan.budget.whole
        table.add_row(
            name,
            f"{plan.shards.number:,}",
            f"{plan.shards.copies:,}",
            f"{plan.shards.machines + plan.services + plan.encoders:,}",
            shown(plan.memory, "B"),
            shown(plan.cost),
            shown_duration(whole.p50),
            shown_duration(whole.p99),
        )
    return table


def notes(plan: Plan, constants: Constants) -> Iterator[str]:
    """What the reader should know before believing it."""
    work = plan.work
    law = constants.law(work.quantization, rescore=work.rescore)
    recall, points, dim = law.recall
    yield (
        f"Recall@10 of {work.quantization} {'with' if work.rescore else 'without'} rescoring was "
        f"{recall:.2f} at {points:,} points x {dim}; it falls as shards grow."
    )
    if plan.shards.points > 10 * points:
        yield (
            f"A shard of {shown(plan.shards.points)} points is {plan.shards.points / points:,.0f} "
            "times the largest index measured: times there are extrapolated."
        )
    if work.asked < 1:
        yield "Asking a part of the shards costs recall that no figure here accounts for."
    if not plan.fast_enough:
        slowest = max(plan.budget.stages, key=lambda stage: stage.p99)
        yield (
            f"The p99 is missed by {shown_duration(plan.budget.whole.p99 - work.p99_s)}; the "
            f"longest stage is '{slowest.name}'. See what --compare offers."
        )
    for name, bits, machine in (
        ("shard", plan.network.busiest_shard, plan.site.shard_machine),
        ("service", plan.network.busiest_service, plan.site.service_machine),
    ):
        if bits > machine.network * work.busy:
            yield (
                f"A {name} machine's network carries {shown(bits, 'bit/s')}, more than "
                f"{work.busy:.0%} of its {shown(machine.network, 'bit/s')}."
            )


def as_json(
    plan: Plan,
    fleet: Fleet,
    constants: Constants,
    rehearsal: Rehearsal | None,
    others: Mapping[str, Plan],
) -> dict[str, Any]:
    """The plan in plain types: bytes, seconds, bit/s."""
    answer = _plain(plan, fleet)
    answer["workload"] = dataclasses.asdict(plan.work)
    answer["notes"] = list(notes(plan, constants))
    answer["calibration"] = {"machine": constants.machine, "measured_on": constants.measured_on}
    if rehearsal is not None:
        answer["simulated"] = {
            "shards": rehearsal.fan_out.shards,
            "p50": rehearsal.found.quantile(0.5),
            "p99": rehearsal.found.quantile(0.99),
            "expected_p50": rehearsal.expected_p50,
            "expected_p99": rehearsal.expected_p99,
        }
    if others:
        answer["designs"] = {name: _plain(other, fleet) for name, other in others.items()}
    return answer


def _plain(plan: Plan, fleet: Fleet) -> dict[str, Any]:
    whole = plan.budget.whole
    return {
        "shards": {
            **dataclasses.asdict(plan.shards),
            "machine": plan.machine,
            "machines": plan.shards.machines,
        },
        "services": {"machine": plan.service_machine, "machines": plan.services},
        "encoders": {"machine": plan.encoder_machine, "machines": plan.encoders},
        "memory": plan.memory,
        "disk": plan.disk,
        "network": dataclasses.asdict(plan.network),
        "loading": dataclasses.asdict(plan.loading),
        "cost": {"currency": fleet.currency, "month": plan.cost, **plan.monthly},
        "latency": {
            "p50": whole.p50,
            "p99": whole.p99,
            "fast_enough": plan.fast_enough,
            "stages": [
                {"name": stage.name, "basis": stage.basis, "p50": stage.p50, "p99": stage.p99}
                for stage in plan.budget.stages
            ],
        },
    }


def _two(plan: Plan, fleet: Fleet) -> Table:
    table = Table(box=None, show_header=False, title=f"{shown(plan.work.images)} images")
    for name, value, remark in _lines(plan, fleet):
        table.add_row(name, value, remark)
    return table


def _lines(plan: Plan, fleet: Fleet) -> Iterator[tuple[str, str, str]]:
    shards, loading, network, work = plan.shards, plan.loading, plan.network, plan.work
    yield "Shards", f"{shards.number:,}", f"of {shown(shards.points)} points; for {shards.bound_by}"
    yield "Copies", f"{shards.copies:,}", f"of each; for {shards.copied_for}"
    yield (
        "Shard machines",
        f"{shards.machines:,}",
        f"'{plan.machine}', threads {shards.load:.0%} held, {shards.write_cores:.2g} cores write",
    )
    yield "Service machines", f"{plan.services:,}", f"'{plan.service_machine}'"
    yield "Encoder machines", f"{plan.encoders:,}", f"'{plan.encoder_machine}', for the updates"
    yield "Memory", shown(plan.memory, "B"), _bytes(shards.bytes.memory)
    yield "Disk", shown(plan.disk, "B"), _bytes(shards.bytes.disk)
    inner = shown(network.to_shards + network.from_shards, "bit/s")
    clients, updates = (shown(bits, "bit/s") for bits in (network.to_clients, network.of_updates))
    yield "Network", inner, f"between machines; {clients} to clients, {updates} of updates"
    indexing = shown_duration(loading.index_seconds)
    once = f"{shown(loading.cost)} {fleet.currency}, once; indexing takes {indexing}"
    encoders = f"{loading.encoders:,} encoder machines for {once}"
    yield "First load", shown_duration(loading.seconds), encoders
    parts = ", ".join(f"{name} {shown(cost)}" for name, cost in plan.monthly.items())
    yield "Cost a month", f"{shown(plan.cost)} {fleet.currency}", parts
    if work.cached:
        yield "Cache", f"{work.cached:.0%}", "of the queries never reach a shard"


def _latency(plan: Plan) -> Table:
    table = Table("Stage", "p50", "p99", "Basis", box=None, title="Latency of a search")
    for stage in plan.budget.stages:
        table.add_row(stage.name, shown_duration(stage.p50), shown_duration(stage.p99), stage.basis)
    whole = plan.budget.whole
    verdict = "[green]met[/]" if plan.fast_enough else "[red]missed[/]"
    wanted = f"{shown_duration(plan.work.p99_s)} wanted: {verdict}"
    table.add_row("all", shown_duration(whole.p50), shown_duration(whole.p99), wanted, style="bold")
    return table


def _rehearsed(rehearsal: Rehearsal, plan: Plan) -> Table:
    title = f"Slowest of {rehearsal.fan_out.shards:,} shards, simulated"
    if plan.shards.asked > MOST_SHARDS:
        title += f" (the plan asks {plan.shards.asked:,})"
    table = Table("", "p50", "p99", box=None, title=title)
    found = rehearsal.found
    table.add_row(
        "simulation", shown_duration(found.quantile(0.5)), shown_duration(found.quantile(0.99))
    )
    table.add_row(
        "formulas", shown_duration(rehearsal.expected_p50), shown_duration(rehearsal.expected_p99)
    )
    return table


def _bytes(parts: Mapping[str, float]) -> str:
    return "bytes of a point: " + ", ".join(f"{name} {size:.0f}" for name, size in parts.items())
