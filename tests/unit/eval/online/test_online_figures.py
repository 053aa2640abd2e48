"""Online figures against a slow reference, and intervals against what is known of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.interactions import Event, Visit
from eval.online.document import measure
from eval.online.intervals import estimate
from eval.online.table import VisitTable
from tests.visits import visit

items = st.sampled_from(["a", "b", "c"])
event = st.one_of(
    st.tuples(items, st.sampled_from(["impression", "click"]), st.integers(0, 99),
              st.none() | st.integers(1, 30)),
    st.tuples(items, st.just("dwell"), st.integers(0, 99), st.none(), st.integers(0, 500)),
    st.tuples(items, st.just("buy"), st.integers(0, 99), st.none(), st.none(),
              st.none() | st.integers(0, 50)),
)  # fmt: skip
told = st.fixed_dictionaries(
    {"found": st.integers(0, 3), "session": st.none() | st.sampled_from("xyz")},
    optional={
        "kind": st.sampled_from(["text", "image"]),
        "variants": st.dictionaries(st.sampled_from("pq"), st.sampled_from("ab")),
    },
)
visits_ = st.lists(
    st.tuples(st.integers(0, 200_000), st.lists(event, max_size=5), told).map(
        lambda made: visit(made[0], *made[1], **made[2])
    ),
    max_size=12,
)


def mean(values: Sequence[float]) -> float | None:
    return statistics.fmean(values) if values else None


def clicks(one: Visit) -> list[Event]:
    return [each for each in one.events if each.action == "click"]


def named(one: Visit, action: str) -> list[Event]:
    return [each for each in one.events if each.action == action]


def ctr(some: Sequence[Visit]) -> float | None:
    shown = clicked = 0
    for one in some:
        if named(one, "impression"):
            seen = {each.item for each in one.events if each.action in ("impression", "click")}
            shown += len(seen)
            clicked += len({each.item for each in clicks(one)})
    return clicked / shown if shown else None


def mrr(one: Visit) -> float:
    places = [each.position for each in clicks(one) if each.position]
    return max((1 / place for place in places), default=0.0)


def first(one: Visit) -> float:
    return min((each.at - one.asked.at).total_seconds() for each in clicks(one))


SLOW: dict[str, Callable[[Sequence[Visit]], float | None]] = {
    "click_rate": lambda some: mean([1.0 if clicks(one) else 0.0 for one in some]),
    "ctr": ctr,
    "click_position": lambda some: mean(
        [each.position for one in some for each in clicks(one) if each.position]
    ),
    "click_mrr": lambda some: mean([mrr(one) for one in some]),
    "no_result": lambda some: mean([1.0 if one.asked.found == 0 else 0.0 for one in some]),
    "no_click": lambda some: mean([0.0 if clicks(one) else 1.0 for one in some]),
    "seconds_to_click": lambda some: (
        statistics.median(times) if (times := [first(one) for one in some if clicks(one)]) else None
    ),
    "dwell_seconds": lambda some: (
        statistics.median(times)
        if (
            times := [
                sum(each.seconds or 0 for each in named(one, "dwell"))
                for one in some
                if named(one, "dwell")
            ]
        )
        else None
    ),
    "conversion_rate": lambda some: mean([1.0 if named(one, "buy") else 0.0 for one in some]),
    "value": lambda some: mean([sum(e.value or 0.0 for e in named(one, "buy")) for one in some]),
    "latency_ms": lambda some: mean([one.asked.latency_ms or 0.0 for one in some]),
}


def same(document: Any, some: Sequence[Visit]) -> None:
    assert document.searches == len(some)
    for name, slow in SLOW.items():
        figure = document.figures[name]
        wanted = slow(some)
        assert figure.value == (None if wanted is None else pytest.approx(wanted, rel=1e-5)), name
        if figure.low is not None:
            assert figure.low <= figure.value <= figure.high


@given(visits_)
def test_every_figure_is_what_a_slow_count_says_along_every_dimension(made: list[Visit]) -> None:
    document = measure(made, ("day", "kind", "variant"))
    assert set(document.whole.figures) == set(SLOW)
    same(document.whole, made)
    people = {v.asked.session or v.asked.query_id for v in made}
    assert document.whole.people == len(people)
    for group in document.groups["day"]:
        same(group, [v for v in made if str(v.asked.at.date()) == group.value])
    for group in document.groups["kind"]:
        same(group, [v for v in made if v.asked.kind == group.value])
    for group in document.groups["variant"]:
        name, _, variant = group.value.partition(": ")
        same(group, [v for v in made if v.asked.variants.get(name) == variant])


def ones(count: int) -> Any:
    return np.ones(count), np.arange(count)


@pytest.mark.parametrize("yes", [0, 3, 500, 2_000])
def test_a_share_of_searches_of_as_many_people_has_wilsons_interval(yes: int) -> None:
    n = 2_000
    below, unit = ones(n)
    found = estimate("share", (np.arange(n) < yes).astype(float), below, unit)
    known = binomtest(yes, n).proportion_ci(method="wilson")
    assert found.low == pytest.approx(known.low, abs=3e-4)
    assert found.high == pytest.approx(known.high, abs=3e-4)


def test_intervals_hold_at_their_rate_where_people_differ() -> None:
    """Each person has a click rate of their own: counting searches as independent would hold in
    some two thirds of the cases."""
    random = np.random.default_rng(7)
    people, searches, held, naive = 150, 20, 0, 0
    unit = np.repeat(np.arange(people), searches)
    for _ in range(300):
        rates = random.beta(0.6, 1.4, people)
        clicked = (random.random(people * searches) < rates[unit]).astype(float)
        found = estimate("share", clicked, np.ones_like(clicked), unit)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.3 <= found.high
        alone = binomtest(int(clicked.sum()), len(clicked)).proportion_ci(method="wilson")
        naive += alone.low <= 0.3 <= alone.high
    assert 0.92 <= held / 300 <= 0.98
    assert naive / 300 < 0.75


@pytest.mark.parametrize(("kind", "truth"), [("mean", 3.0), ("median", 3.0 * np.log(2))])
def test_intervals_of_means_and_medians_hold_at_their_rate(kind: Any, truth: float) -> None:
    random = np.random.default_rng(8)
    held = 0
    for _ in range(300):
        values = random.exponential(3.0, 400)
        found = estimate(kind, values, *ones(400))
        held += found.low <= truth <= found.high  # type: ignore[operator]
    assert 0.92 <= held / 300 <= 0.98


def test_one_person_has_no_interval() -> None:
    found = estimate("share", np.array([1.0, 0.0]), np.ones(2), np.zeros(2, dtype=np.int64))
    assert (found.value, found.low, found.units) == (0.5, None, 1)


def test_nothing_has_no_figures() -> None:
    document = measure([], ("day",))
    assert document.whole.searches == document.whole.people == 0
    assert all(figure.value is None for figure in document.whole.figures.values())
    assert document.groups == {"day": ()}


def test_visits_of_nobody_are_people_of_their_own() -> None:
    table = VisitTable()
    for made in (visit(0), visit(1), visit(2, user="u"), visit(3, user="u"), visit(4, session="u")):
        table.add(made)
    assert table.people == 4
