"""Experiments on simulated users, read as a person reads them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.errors import InvalidRequest
from core.interactions import Visit
from eval.experiments.assignment import Assignment
from eval.experiments.findings import Findings
from eval.experiments.guardrails import Guardrail
from eval.experiments.interleaving import coins, team_draft
from eval.experiments.metrics import METRICS, metric_of
from eval.experiments.plan import INTERLEAVED, Plan
from eval.experiments.reading import Failure, read
from eval.experiments.users import Population, Search, Shown

ITEMS = [f"{kind}-{number}" for kind in ("hat", "shoe") for number in range(10)]
PLAN = Plan("e", {"control": 0.5, "new": 0.5}, effect=0.1)
Rank = Callable[[str], list[str]]
PEOPLE = Population(
    ("hat", "shoe"), lambda query, item: float(item.startswith(query)), users=600, impressions=False
)


def good(query: str) -> list[str]:
    return sorted(ITEMS, key=lambda item: (not item.startswith(query), item))


def poor(query: str) -> list[str]:
    return good(query)[10:15] + good(query)[:10]


def grouped(new: Rank, control: Rank = poor, *, slow: float = 25.0) -> list[Visit]:
    plan = Assignment("e", 1.0, (("control", 0.5), ("new", 0.5)))

    def answer(search: Search) -> Shown:
        variant = plan.variant(search.user) or ""
        ranked = (new if variant == "new" else control)(search.query)
        latency = (slow if variant == "new" else 25.0) * (1 + 0.1 * (search.number % 7 - 3))
        return Shown(ranked, {"e": variant}, latency_ms=latency)

    return list(PEOPLE.answered(answer, 700))


def drafted(new: Rank, control: Rank = poor) -> list[Visit]:
    def answer(search: Search) -> Shown:
        tossed = coins("e", search.user, search.query)
        lists = ("control", control(search.query)), ("new", new(search.query))
        made = team_draft(*lists, 10, tossed)
        return Shown(made.ids, {"e": INTERLEAVED}, made.sources)

    return list(PEOPLE.answered(answer, 400))


@pytest.fixture(scope="module")
def better() -> list[Visit]:
    return grouped(good)


def decided(found: Findings) -> str:
    return found.compared[0].verdict


@pytest.mark.parametrize("test", ["sequential", "fixed"])
@pytest.mark.parametrize("metric", sorted({*METRICS} - {"latency_ms", "no_result", "value"}))
def test_a_better_ranking_is_found_by_every_metric_of_clicks(
    better: list[Visit], metric: str, test: str
) -> None:
    plan = replace(PLAN, metric=metric, test=test, units=100)  # type: ignore[arg-type]
    if metric in ("conversion_rate", "converters"):
        plan = replace(plan, effect=0.05)
    assert decided(read(plan, better)) == "better"


def test_a_worse_one_is_found_to_be_worse() -> None:
    assert decided(read(PLAN, grouped(poor, good))) == "worse"


def test_the_same_ranking_twice_decides_nothing() -> None:
    same = grouped(good, good)
    assert decided(read(PLAN, same)) == "undecided"
    assert decided(read(replace(PLAN, test="fixed", units=100), same)) == "no difference"


def test_a_fixed_test_is_not_read_before_its_time(better: list[Visit]) -> None:
    plan = replace(PLAN, test="fixed", units=5_000)
    early = read(plan, better).compared[0]
    assert early.verdict == "not read yet"
    assert "of 5,000 users" in early.why
    assert (early.p, early.low) == (None, None)
    assert "before its time" in read(plan, better, over=True).compared[0].why


def test_a_fixed_test_says_the_same_however_often_it_is_read_later(better: list[Visit]) -> None:
    plan = replace(PLAN, test="fixed", units=100)
    found = [read(plan, better[:end]).compared[0] for end in (500, 700, len(better))]
    assert found[0].p is not None
    assert found[0] == found[1] == found[2]


def test_looks_grow_and_the_least_p_counts(better: list[Visit]) -> None:
    one = read(PLAN, better).compared[0]
    assert one.p == one.looks[-1].p == min(look.p for look in one.looks)
    assert [look.units for look in one.looks] == sorted(look.units for look in one.looks)


def test_several_variants_share_the_level() -> None:
    plan = Assignment("e", 1.0, (("control", 0.5), ("new", 0.25), ("other", 0.25)))

    def answer(search: Search) -> Shown:
        variant = plan.variant(search.user) or ""
        return Shown((good if variant == "new" else poor)(search.query), {"e": variant})

    shares = {"control": 0.5, "new": 0.25, "other": 0.25}
    found = read(replace(PLAN, shares=shares), PEOPLE.answered(answer, 700))
    assert [one.verdict for one in found.compared] == ["better", "undecided"]
    alone = read(PLAN, PEOPLE.answered(answer, 700)).compared[0]
    assert alone.p is not None
    assert found.compared[0].p == pytest.approx(2 * alone.p)  # Holm's method


def test_visits_of_others_are_passed_over(better: list[Visit]) -> None:
    strangers = [
        replace(visit, asked=replace(visit.asked, variants={"other": "new"})) for visit in better
    ]
    nobodies = [replace(visit, asked=replace(visit.asked, user=None)) for visit in better]
    assert read(PLAN, strangers).searches == {}
    found = read(PLAN, nobodies)
    assert found.balance.p == 1.0
    assert decided(found) == "not read yet"


def test_who_was_seen_in_two_variants_counts_for_none(better: list[Visit]) -> None:
    swapped = {"control": "new", "new": "control"}
    first = better[0].asked
    moved = replace(first, variants={"e": swapped[first.variants["e"]]})
    found = read(PLAN, [*better, replace(better[0], asked=moved)])
    assert found.mixed == 1
    assert "seen in several variants" in " ".join(found.notes)


def test_lost_people_make_every_figure_suspicious(better: list[Visit]) -> None:
    kept = [
        visit
        for number, visit in enumerate(better)
        if visit.asked.variants["e"] == "control" or number % 3 == 0
    ]
    found = read(replace(PLAN, unit="session"), kept)
    assert found.balance.suspicious
    assert "Do not trust" in found.notes[0]


def test_a_slow_variant_breaks_its_guardrail() -> None:
    plan = replace(PLAN, guardrails=(Guardrail("latency_ms", 10.0), Guardrail("no_result", 0.05)))
    slow, fine = read(plan, grouped(good, slow=60.0)), read(plan, grouped(good, slow=30.0))
    assert [one.broken for one in slow.guardrails] == [True, False]
    assert "latency_ms of 'new' is 59.6" in " ".join(slow.notes)
    assert not any(one.broken for one in fine.guardrails)


def test_a_variant_that_always_fails_breaks_its_guardrail(better: list[Visit]) -> None:
    plan = replace(PLAN, guardrails=(Guardrail("errors", 0.02),))
    answered = [visit for visit in better if visit.asked.variants["e"] == "control"]
    failed = [Failure("new", f"u{number}") for number in range(60)]
    assert read(plan, answered, failures=failed).guardrails[0].broken
    assert not read(plan, better, failures=failed[:1]).guardrails[0].broken


def test_interleaving_finds_the_better_ranking_and_names_it() -> None:
    plan = replace(PLAN, interleaved=True)
    found = read(plan, drafted(good))
    assert decided(found) == "better"
    assert found.votes is not None
    assert found.votes.second > found.votes.first
    assert decided(read(plan, drafted(poor, good))) == "worse"
    assert decided(read(plan, drafted(good, good))) == "undecided"


def test_interleaving_is_read_once_where_that_was_planned() -> None:
    plan = replace(PLAN, interleaved=True, test="fixed", units=100)
    assert decided(read(plan, drafted(good))) == "better"
    assert decided(read(replace(plan, units=10_000), drafted(good))) == "not read yet"


@pytest.mark.parametrize("interleaved", [False, True])
def test_what_was_found_is_json(better: list[Visit], interleaved: bool) -> None:
    import orjson

    plan = replace(PLAN, interleaved=interleaved, guardrails=(Guardrail("latency_ms", 5.0),))
    for visits in (drafted(good) if interleaved else better, []):
        document = orjson.loads(orjson.dumps(read(plan, visits).to_json()))
        assert document["experiment"] == "e"


def test_an_unknown_metric_is_told_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="click_rate"):
        metric_of("sales")
