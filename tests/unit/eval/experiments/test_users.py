import numpy as np
import pytest

from core.interactions import CLICK, DWELL, IMPRESSION, Visit
from eval.experiments.click_models import Cascade
from eval.experiments.users import Habits, Population, Search, Shown

ITEMS = [f"{colour}-{number}" for colour in ("red", "blue") for number in range(10)]
QUERIES = ("red", "blue")


def relevance(query: str, item: str) -> float:
    return float(item.startswith(query))


def right(query: str) -> list[str]:
    return sorted(ITEMS, key=lambda item: (not item.startswith(query), item))


def wrong(query: str) -> list[str]:
    return right(query)[::-1]


def clicks(visits: list[Visit]) -> float:
    return float(np.mean([bool(visit.clicks) for visit in visits]))


def test_the_same_people_come_again() -> None:
    people = Population(QUERIES, relevance, users=20)
    assert list(people.visits(right, 30)) == list(people.visits(right, 30))
    other = Population(QUERIES, relevance, users=20, seed=1)
    assert list(other.visits(right, 30)) != list(people.visits(right, 30))


def test_they_ask_the_same_whatever_they_are_shown() -> None:
    people = Population(QUERIES, relevance, users=20)
    asked = [
        [(v.asked.user, v.asked.session, v.asked.text, v.asked.at) for v in people.visits(rank, 40)]
        for rank in (right, wrong)
    ]
    assert asked[0] == asked[1]


@pytest.mark.parametrize("model", [None, Cascade()])
def test_they_click_what_they_want(model: Cascade | None) -> None:
    people = Population(QUERIES, relevance, **({"model": model} if model else {}))
    good, bad = (list(people.visits(rank, 300)) for rank in (right, wrong))
    assert clicks(good) > 2 * clicks(bad) > 0


def test_a_visit_is_what_the_log_would_hold() -> None:
    people = Population(QUERIES, relevance, habits=Habits(pull=1.0, buys=1.0), page=5)
    visits = list(people.visits(right, 200))
    assert len({visit.asked.query_id for visit in visits}) == len(visits)
    times = [visit.asked.at for visit in visits]
    assert times == sorted(times)
    visit = next(visit for visit in visits if visit.conversions)
    assert [event.position for event in visit.shown] == [1, 2, 3, 4, 5]
    assert visit.asked.found == 5
    assert all(event.at >= visit.asked.at for event in visit.events)
    kinds = {event.action for event in visit.events}
    assert kinds == {IMPRESSION, CLICK, DWELL, "add_to_cart"}
    assert all(event.seconds for event in visit.events if event.action == DWELL)


def test_answers_may_depend_on_who_asks() -> None:
    def answer(search: Search) -> Shown:
        return Shown(right(search.query), {"e": "a"}, {"red-0": "a"}, latency_ms=5.0)

    visit = next(iter(Population(QUERIES, relevance).answered(answer, 1)))
    assert visit.asked.variants == {"e": "a"}
    assert visit.asked.sources == {"red-0": "a"}
    assert visit.asked.latency_ms == 5.0


def test_some_people_click_more_than_others() -> None:
    spread = Population(QUERIES, relevance, users=100, habits=Habits(spread=1.0, searches=5))
    alike = Population(QUERIES, relevance, users=100, habits=Habits(spread=0.0, searches=5))
    deviations = []
    for people in (spread, alike):
        rates: dict[str | None, list[float]] = {}
        for visit in people.visits(right, 200):
            rates.setdefault(visit.asked.user, []).append(len(visit.clicks))
        deviations.append(np.std([np.mean(own) for own in rates.values()]))
    assert deviations[0] > 1.2 * deviations[1]
