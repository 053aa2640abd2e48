"""Reading an experiment: its visits -> what was found, by the test that was named beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.interactions import Visit
from eval.experiments.balance import Balance, balance
from eval.experiments.findings import Compared, Findings, Look, Verdict, known
from eval.experiments.fixed import Difference, two_proportions, welch
from eval.experiments.guardrails import watched
from eval.experiments.metrics import ERRORS, METRICS, Metric, metric_of
from eval.experiments.outcomes import Outcomes
from eval.experiments.pace import Pace
from eval.experiments.plan import Plan
from eval.experiments.sequential import LEAST, always_valid
from eval.experiments.voting import read_votes
from eval.retrieval.significance import holm


@dataclass(frozen=True)
class Failure:
    """A search of a unit that the service failed under a variant."""

    variant: str
    unit: str
    count: int = 1


@dataclass
class _Reader:
    plan: Plan
    outcomes: Outcomes
    looks: dict[str, list[Look]] = field(default_factory=dict)

    def through(self, visits: Iterable[Visit]) -> None:
        """Count the visits, looking at the test on the way where it may be."""
        pace, last = Pace(), None
        for visit in visits:
            self.outcomes.add(visit)
            if self.plan.test == "fixed":
                if self.outcomes.least(self.plan.shares) >= (self.plan.units or 0):
                    return
            elif pace.due():
                self.look(visit.asked.at)
                last = None
            else:
                last = visit.asked.at
        if last is not None:
            self.look(last)

    def look(self, at: datetime) -> None:
        """One look of the sequential test at what came up to now."""
        for variant in self.plan.treatments:
            found = self.difference(variant)
            if found is None:
                continue
            before = self.looks.setdefault(variant, [])
            least = min([float(found.p), *(one.p for one in before[-1:])])
            counts = self.outcomes.units()
            both = counts.get(self.plan.control, 0) + counts.get(variant, 0)
            figures = (float(found.estimate), float(found.low), float(found.high))
            before.append(Look(at.isoformat(), both, *figures, least))

    def difference(self, variant: str) -> Difference | None:
        """By the plan's test, each of several variants at its part of alpha; None without units."""
        plan, metric = self.plan, metric_of(self.plan.metric)
        one = self.outcomes.moments(plan.control, plan.metric)
        other = self.outcomes.moments(variant, plan.metric)
        if min(float(one.units), float(other.units)) < 2:
            return None
        alpha = plan.alpha / len(plan.treatments)
        if plan.test == "sequential":
            return always_valid(one, other, scale=plan.effect, alpha=alpha, bounded=metric.bounded)
        test = two_proportions if metric.per == "share" else welch
        return test(one, other, alpha=alpha)


def read(
    plan: Plan,
    visits: Iterable[Visit],
    *,
    failures: Iterable[Failure] = (),
    over: bool = False,
) -> Findings:
    """What an experiment has found so far, in the memory of its units.

    A fixed test is read at the first visit by which all variants have their units, and what comes
    later changes nothing: to read it again and again is to read it once.

    Args:
        visits: in the order of time, of the whole experiment; those of others are passed over.
        failures: searches that left no visit.
        over: whether it has ended.
    """
    mine = (visit for visit in visits if plan.name in visit.asked.variants)
    if plan.interleaved:
        return read_votes(plan, mine, over=over)
    reader = _Reader(plan, Outcomes(plan.name, plan.unit))
    reader.through(mine)
    outcomes = reader.outcomes
    for failure in failures:
        outcomes.failed(failure.variant, failure.unit, failure.count)
    shares = balance(outcomes.units(), plan.shares)
    rails = watched(outcomes, plan.control, plan.treatments, plan.guardrails)
    return Findings(
        plan,
        shares,
        outcomes.searches,
        outcomes.mixed,
        tuple(_compared(reader, over=over)),
        {name: _estimates(outcomes, name) for name in plan.shares},
        tuple(rails),
        notes=(*_warnings(shares, outcomes.mixed), *(str(one) for one in rails if one.broken)),
    )


def _compared(reader: _Reader, *, over: bool) -> Sequence[Compared]:
    plan, metric = reader.plan, metric_of(reader.plan.metric)
    found = {variant: reader.difference(variant) for variant in plan.treatments}
    raw = [_least_p(reader, variant, one) for variant, one in found.items()]
    adjusted = dict(zip(found, holm(raw), strict=True))
    return [
        _one(reader, metric, variant, difference, adjusted[variant], over=over)
        for variant, difference in found.items()
    ]


def _least_p(reader: _Reader, variant: str, found: Difference | None) -> float:
    looks = reader.looks.get(variant)
    return looks[-1].p if looks else 1.0 if found is None else float(found.p)


def _one(
    reader: _Reader,
    metric: Metric,
    variant: str,
    found: Difference | None,
    p: float,
    *,
    over: bool,
) -> Compared:
    plan = reader.plan
    name = _test_name(plan, metric)
    if found is None:
        return Compared(variant, name, "not read yet", "There are not two units on either side.")
    least = reader.outcomes.least((plan.control, variant))
    one = float(reader.outcomes.moments(plan.control, plan.metric).estimate)
    other = float(reader.outcomes.moments(variant, plan.metric).estimate)
    if plan.test == "fixed" and least < (plan.units or 0):
        why = f"{least:,} of {plan.units:,} {plan.unit}s in the smaller variant"
        ended = ": it ended before its time, so that no test is right." if over else "."
        return Compared(variant, name, "not read yet", why + ended, known(one), known(other))
    verdict, why = _verdict(plan, metric, found, p, least, over=over)
    return Compared(
        variant, name, verdict, why, known(one), known(other), known(float(found.estimate)),
        known(float(found.low)), known(float(found.high)), p, tuple(reader.looks.get(variant, ())),
    )  # fmt: skip


def _verdict(
    plan: Plan, metric: Metric, found: Difference, p: float, least: int, *, over: bool
) -> tuple[Verdict, str]:
    if p <= plan.alpha:
        gain = (float(found.estimate) > 0) == metric.more_is_better
        return ("better" if gain else "worse"), f"p = {p:.2g} is at most {plan.alpha:g}."
    if plan.test == "fixed":
        return "no difference", f"None was shown: p = {p:.2g} is above {plan.alpha:g}."
    if least < LEAST:
        return "undecided", f"{least} {plan.unit}s in the smaller variant; {LEAST} are needed."
    why = f"p = {p:.2g} is above {plan.alpha:g}"
    return "undecided", f"{why}; it has ended." if over else f"{why}; more may decide."


def _test_name(plan: Plan, metric: Metric) -> str:
    if plan.test == "sequential":
        return f"always-valid mixture test over {plan.unit}s, may be read at any time"
    kind = "two-proportion z-test" if metric.per == "share" else "Welch's t-test"
    return f"{kind} over {plan.unit}s, read once at {plan.units:,} in each variant"


def _estimates(outcomes: Outcomes, variant: str) -> Mapping[str, float | None]:
    names = (*METRICS, ERRORS.name)
    return {name: known(float(outcomes.moments(variant, name).estimate)) for name in names}


def _warnings(shares: Balance, mixed: int) -> list[str]:
    notes = []
    if shares.suspicious:
        notes.append(
            f"Do not trust any figure here: the variants have not the shares that they were to "
            f"have (sample-ratio check, p = {shares.p:.2g}). Something loses people of one variant."
        )
    if mixed:
        notes.append(f"{mixed:,} were seen in several variants, and are left out.")
    return notes
