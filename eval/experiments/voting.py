"""Reading an interleaved experiment: whose items people clicked more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import numpy as np
import scipy  # its parts load when they are first used: they take a second

from core.interactions import Visit
from eval.experiments.balance import balance
from eval.experiments.findings import Compared, Findings, Look, Verdict, known
from eval.experiments.interleaving import Ballot, Votes
from eval.experiments.moments import Moments
from eval.experiments.outcomes import unit_of
from eval.experiments.pace import Pace
from eval.experiments.plan import INTERLEAVED, Plan
from eval.experiments.sequential import LEAST, always_valid_mean

SIGN = "sign test over votes, read once"
ANY_TIME = "always-valid mixture test of the mean vote, may be read at any time"


def sign_test(found: Votes) -> float:
    """Two-sided p of the binomial test that votes for either are as likely; ties say nothing."""
    if not found.cast:
        return 1.0
    return float(scipy.stats.binomtest(found.first, found.cast).pvalue)


def vote_moments(found: Votes) -> Moments:
    """Of votes as -1 for `first`, 0 and 1 for `second`: their mean is what `second` gains."""
    cast = [found.first, found.ties, found.second]
    return Moments.of(np.repeat(np.array([-1.0, 0.0, 1.0]), cast))


def read_votes(plan: Plan, visits: Iterable[Visit], *, over: bool) -> Findings:
    """What interleaving has found so far: the second variant beside the first, the control."""
    first, second = tuple(plan.shares)
    ballot, pace = Ballot(first, second), Pace()
    looks: list[Look] = []
    units: set[str] = set()
    last = None
    for visit in visits:
        unit = unit_of(visit.asked, plan.unit)
        if visit.asked.variants[plan.name] != INTERLEAVED or unit is None:
            continue
        units.add(unit)
        ballot.add(unit, visit)
        last = visit.asked.at
        due = pace.due()
        if plan.test == "sequential" and due:
            looks.append(_look(plan, ballot.votes(), last, looks))
        elif plan.test == "fixed" and ballot.votes().cast >= (plan.units or 0):
            break  # later votes change nothing: to read it again is to read it once
    found = ballot.votes()
    if plan.test == "fixed":
        one = _once(plan, found, second, over=over)
    elif last is None or not (found.cast or found.ties):
        one = Compared(second, ANY_TIME, "not read yet", "Nobody has clicked yet.")
    else:
        looks.append(_look(plan, found, last, looks))
        one = _any_time(plan, found, second, looks)
    counted = balance({INTERLEAVED: len(units)}, {INTERLEAVED: 1.0})
    searches = {INTERLEAVED: pace.seen}
    return Findings(plan, counted, searches, 0, (one,), votes=found)


def _once(plan: Plan, found: Votes, second: str, *, over: bool) -> Compared:
    if found.cast < (plan.units or 0):
        why = f"{found.cast:,} of {plan.units:,} votes were cast"
        ended = ": it ended before its time, so that no test is right." if over else "."
        return Compared(second, SIGN, "not read yet", why + ended)
    p = sign_test(found)
    ends = scipy.stats.binomtest(found.second, found.cast).proportion_ci(1 - plan.alpha, "wilson")
    return Compared(
        second, SIGN, *_verdict(plan, found, p, "no difference"), None, None,
        (found.second - found.first) / found.cast, 2 * float(ends.low) - 1,
        2 * float(ends.high) - 1, p,
    )  # fmt: skip


def _look(plan: Plan, found: Votes, at: datetime, before: Sequence[Look]) -> Look:
    now = vote_moments(found)
    told = always_valid_mean(now, scale=plan.effect, alpha=plan.alpha)
    least = min([float(told.p), *(look.p for look in before[-1:])])
    figures = (float(told.estimate), float(told.low), float(told.high))
    return Look(at.isoformat(), int(now.units), *figures, least)


def _any_time(plan: Plan, found: Votes, second: str, looks: Sequence[Look]) -> Compared:
    last = looks[-1]
    verdict = _verdict(plan, found, last.p, "undecided")
    if last.units < LEAST:
        verdict = ("undecided", f"{last.units} {plan.unit}s have clicked; {LEAST} are needed.")
    return Compared(
        second, ANY_TIME, *verdict, None, None, known(last.difference), known(last.low),
        known(last.high), last.p, tuple(looks),
    )  # fmt: skip


def _verdict(plan: Plan, found: Votes, p: float, otherwise: Verdict) -> tuple[Verdict, str]:
    if p <= plan.alpha:
        liked: Verdict = "better" if found.second > found.first else "worse"
        return liked, f"p = {p:.2g} is at most {plan.alpha:g}."
    return otherwise, f"p = {p:.2g} is above {plan.alpha:g}."
