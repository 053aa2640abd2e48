"""Reading an interleaved experiment: whose items people clicked more."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from core.interactions import Visit
from eval.experiments.balance import balance
from eval.experiments.findings import Compared, Findings, Look, Verdict, known
from eval.experiments.interleaving import Votes, votes
from eval.experiments.moments import Moments
from eval.experiments.outcomes import unit_of
from eval.experiments.plan import INTERLEAVED, Plan
from eval.experiments.sequential import always_valid_mean

_LOOKS = 30
SIGN = "sign test over votes, read once"
ANY_TIME = "always-valid mixture test of the mean vote, may be read at any time"


def sign_test(found: Votes) -> float:
    """Two-sided p of the binomial test that votes for either are as likely; ties say nothing."""
    if not found.cast:
        return 1.0
    return float(stats.binomtest(found.first, found.cast).pvalue)


def vote_moments(found: Votes) -> Moments:
    """Of votes as -1 for `first`, 0 and 1 for `second`: their mean is what `second` gains."""
    cast = [found.first, found.ties, found.second]
    return Moments.of(np.repeat(np.array([-1.0, 0.0, 1.0]), cast))


def read_votes(plan: Plan, visits: Sequence[Visit], *, over: bool) -> Findings:
    """What interleaving has found so far: the second variant beside the first, the control."""
    first, second = tuple(plan.shares)
    mine = [
        (unit, visit)
        for visit in visits
        if visit.asked.variants[plan.name] == INTERLEAVED
        and (unit := unit_of(visit.asked, plan.unit)) is not None
    ]
    found = votes(mine, first, second)
    units = {INTERLEAVED: len({unit for unit, _ in mine})}
    if plan.test == "sequential":
        one = _any_time(plan, mine, second)
    else:
        one = _once(plan, found, second, over=over)
    return Findings(
        plan,
        balance(units, {INTERLEAVED: 1.0}),
        {INTERLEAVED: len(mine)},
        0,
        (one,),
        votes=found,
    )


def _once(plan: Plan, found: Votes, second: str, *, over: bool) -> Compared:
    if found.cast < (plan.units or 0):
        why = f"{found.cast:,} of {plan.units:,} votes were cast"
        ended = ": it ended before its time, so that no test is right." if over else "."
        return Compared(second, SIGN, "not read yet", why + ended)
    p = sign_test(found)
    interval = None
    if found.cast:
        interval = stats.binomtest(found.second, found.cast).proportion_ci(1 - plan.alpha, "wilson")
    return Compared(
        second, SIGN, *_verdict(plan, found, p, "no difference"), None, None, -2 * found.advantage,
        interval and 2 * float(interval.low) - 1, interval and 2 * float(interval.high) - 1, p,
    )  # fmt: skip


def _any_time(plan: Plan, mine: list[tuple[str, Visit]], second: str) -> Compared:
    first = plan.control
    looks: list[Look] = []
    for count in sorted({max(1, len(mine) * part // _LOOKS) for part in range(1, _LOOKS + 1)}):
        some = mine[:count]
        if not some:
            break
        now = vote_moments(votes(some, first, second))
        told = always_valid_mean(now, scale=plan.effect, alpha=plan.alpha)
        least = min(float(told.p), looks[-1].p if looks else 1.0)
        figures = (float(told.estimate), float(told.low), float(told.high))
        looks.append(Look(some[-1][1].asked.at.isoformat(), int(now.units), *figures, least))
    if not looks:
        return Compared(second, ANY_TIME, "not read yet", "Nobody has clicked yet.")
    last, found = looks[-1], votes(mine, first, second)
    verdict = _verdict(plan, found, last.p, "undecided")
    return Compared(
        second, ANY_TIME, *verdict, None, None, known(last.difference), known(last.low),
        known(last.high), last.p, tuple(looks),
    )  # fmt: skip


def _verdict(plan: Plan, found: Votes, p: float, otherwise: Verdict) -> tuple[Verdict, str]:
    if p <= plan.alpha:
        liked: Verdict = "better" if found.second > found.first else "worse"
        return liked, f"p = {p:.2g} is at most {plan.alpha:g}."
    return otherwise, f"p = {p:.2g} is above {plan.alpha:g}."
