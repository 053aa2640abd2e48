"""Findings as tables: for the terminal, and for the page."""

from __future__ import annotations

import math
from collections.abc import Sequence

from eval.experiments.findings import Compared, Findings
from eval.experiments.metrics import ERRORS, METRICS
from eval.experiments.study import Decided
from eval.reports.tables import NONE, Cell, Row, Table, Tone, row

_TONES: dict[str, Tone] = {"better": "good", "worse": "bad"}
_MARKS = {"better": "▲ ", "worse": "▼ "}


def number(value: float | None, digits: int = 4) -> str:
    """A figure; a dash where there is none."""
    return NONE if value is None or not math.isfinite(value) else f"{value:.{digits}g}"


def interval(low: float | None, high: float | None) -> str:
    """Two ends, such as '0.01 to 0.03'; without ends, as before there is enough to say."""
    if low is None or high is None:
        return "unbounded"
    return f"{number(low)} to {number(high)}"


def tables(found: Findings) -> list[Table]:
    """All tables, the decision first."""
    shown = [decision(found), people(found)]
    if found.estimates:
        shown.append(estimates(found))
    if found.guardrails:
        shown.append(guardrails(found))
    return shown


def decision(found: Findings) -> Table:
    """Each variant beside the control, by the metric that decides."""
    plan = found.plan
    what = "mean vote, -1 to 1" if plan.interleaved else METRICS[plan.metric].says
    columns = (
        "Variant", "Verdict", plan.control, "Variant's", "Difference",
        f"{1 - plan.alpha / max(1, len(found.compared)):.4g} interval", "p",
    )  # fmt: skip
    if plan.interleaved:
        columns = (*columns[:2], "Votes for it", f"Votes for {plan.control}", *columns[4:])
    name = "interleaving" if plan.interleaved else plan.metric
    notes = [f"{one.variant}: {one.why}" for one in found.compared]
    notes += sorted({f"Test: {one.test}." for one in found.compared})
    return Table(
        f"{plan.name}: {name}, {what}",
        columns,
        tuple(_compared(found, one) for one in found.compared),
        (*found.notes, *notes),
    )


def _compared(found: Findings, one: Compared) -> Row:
    verdict = Cell(_MARKS.get(one.verdict, "") + one.verdict, _TONES.get(one.verdict, "plain"))
    sides = [number(one.control), number(one.treatment)]
    if found.votes is not None:
        sides = [f"{found.votes.second:,}", f"{found.votes.first:,}"]
    told = one.p is not None
    ends = interval(one.low, one.high) if told else NONE
    p = NONE if one.p is None else f"{one.p:.2g}"
    return row(one.variant, [verdict, *sides, number(one.difference), ends, p])


def people(found: Findings) -> Table:
    """Units and searches by variant, and the sample-ratio check."""
    rows = [
        row(name, [f"{units:,}", f"{found.balance.expected[name]:,.0f}",
                   f"{found.searches.get(name, 0):,}"])
        for name, units in found.balance.units.items()
    ]  # fmt: skip
    notes = [f"Sample-ratio check: p = {found.balance.p:.2g}."] if len(rows) > 1 else []
    columns = ("Variant", f"{found.plan.unit.title()}s", "Expected", "Searches")
    return Table("Who took part", columns, tuple(rows), tuple(notes))


def estimates(found: Findings) -> Table:
    """Every metric by variant. Only the one named beforehand was tested."""
    names = list(found.estimates)
    rows = [
        row(metric, [number(found.estimates[name].get(metric)) for name in names])
        for metric in (*METRICS, ERRORS.name)
    ]
    note = "Not tested: of this many figures, some differ by chance."
    return Table("All metrics", ("Metric", *names), tuple(rows), (note,))


def guardrails(found: Findings) -> Table:
    """How each guardrail stands."""
    rows = []
    for one in found.guardrails:
        state = Cell("▼ broken", "bad") if one.broken else Cell("holds")
        figures = (one.control, one.treatment, one.loss, one.guardrail.margin)
        head = f"{one.variant}: {one.guardrail.metric}"
        rows.append(row(head, [state, *(number(each) for each in figures)]))
    columns = ("Guardrail", "", found.plan.control, "Variant's", "Loss", "Put up with")
    return Table("Guardrails", columns, tuple(rows))


def simulated(alike: Decided, rows: Sequence[tuple[str, Decided]], effect: float) -> Table:
    """What the tests did in simulations without and with a difference."""
    shown = [
        row(name, [f"{one.units:,}", f"{one.fixed:.1%}", f"{one.peeked:.1%}",
                   f"{one.sequential:.1%}", f"{one.stopped_at:,.0f}"])
        for name, one in (("no difference", alike), *rows)
    ]  # fmt: skip
    columns = (
        "Truth", "Users a variant", "Fixed, read once", "Fixed, peeked at",
        "Sequential, any time", "It ended at",
    )  # fmt: skip
    note = (
        f"Shares of simulated experiments that were decided, at alpha 0.05; {alike.looks} looks; "
        f"the difference is {effect:g} of a click rate. In the first row every one is wrong."
    )
    return Table("How often a difference was found", columns, tuple(shown), (note,))
