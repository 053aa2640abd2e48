from datetime import UTC, datetime
from itertools import cycle, islice, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.interactions import CLICK, Asked, Event, Visit
from eval.experiments.interleaving import Ballot, Votes, coins, credit, team_draft

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RANKING = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)


def visit(clicked: str, sources: dict[str, str]) -> Visit:
    asked = Asked("q", "c", "g", NOW, "text", sources=sources)
    return Visit(asked, tuple(Event("q", item, CLICK, NOW) for item in clicked))


def cast(visits: list[tuple[str, Visit]]) -> Votes:
    ballot = Ballot("a", "b")
    for each in visits:
        ballot.add(*each)
    return ballot.votes()


@given(first=RANKING, second=RANKING, limit=st.integers(0, 12), seed=st.text(max_size=4))
def test_a_draft_holds_the_best_of_both_and_nothing_twice(
    first: list[str], second: list[str], limit: int, seed: str
) -> None:
    drafted = team_draft(("a", first), ("b", second), limit, coins(seed))
    assert len(set(drafted.ids)) == len(drafted.ids) == min(limit, len({*first, *second}))
    for name, ranking in (("a", first), ("b", second)):
        own = [item for item in drafted.ids if drafted.sources.get(item) == name]
        assert own == [item for item in ranking if item in own]
    counts = [list(drafted.sources.values()).count(name) for name in "ab"]
    assert abs(counts[0] - counts[1]) <= 1


@given(first=RANKING, second=RANKING, short=st.integers(0, 10), seed=st.text(max_size=4))
def test_a_page_is_the_beginning_of_a_longer_one(
    first: list[str], second: list[str], short: int, seed: str
) -> None:
    lists = ("a", first), ("b", second)
    whole = team_draft(*lists, 20, coins(seed))
    assert team_draft(*lists, short, coins(seed)).ids == whole.ids[:short]


def test_the_paper_s_example_is_drafted_so() -> None:
    one, other = ("a", "b", "c", "d"), ("b", "e", "a", "f")
    drafted = team_draft(("A", one), ("B", other), 4, repeat(True))
    assert drafted.ids == ("a", "b", "c", "e")
    assert drafted.sources == {"a": "A", "b": "B", "c": "A", "e": "B"}


def test_what_one_ranking_alone_still_adds_earns_nothing() -> None:
    drafted = team_draft(("a", ["x"]), ("b", ["y", "z", "w"]), 9, repeat(True))
    assert drafted.ids == ("x", "y", "z", "w")
    assert drafted.sources == {"x": "a", "y": "b"}


def test_coins_are_fair_and_the_same_for_the_same_words() -> None:
    tossed = list(islice(coins("s", "user", "query"), 4_000))
    assert tossed == list(islice(coins("s", "user", "query"), 4_000))
    assert tossed != list(islice(coins("s", "user", "other"), 4_000))
    assert stats.binomtest(sum(tossed), len(tossed)).pvalue > 0.001


def test_equal_rankings_earn_equal_credit_wherever_people_click() -> None:
    same = [str(number) for number in range(10)]
    firsts = [
        team_draft(("a", same), ("b", same), 10, coins("s", str(n))).sources["0"]
        for n in range(2_000)
    ]
    assert stats.binomtest(firsts.count("a"), len(firsts)).pvalue > 0.001


@pytest.mark.parametrize(
    ("clicked", "expected"),
    [("", 0), ("x", 1), ("y", -1), ("xy", 0), ("xxxy", 0), ("xzy", 1), ("?", 0)],
)
def test_a_visit_is_won_by_more_clicked_items(clicked: str, expected: int) -> None:
    assert credit(visit(clicked, {"x": "a", "z": "a", "y": "b"}), "a", "b") == expected


def test_a_person_has_one_vote_however_often_they_search() -> None:
    sources = {"x": "a", "y": "b"}
    eager = [("u", visit("x", sources))] * 9
    found = cast([*eager, ("v", visit("y", sources)), ("w", visit("", sources))])
    assert (found.first, found.second, found.ties) == (1, 1, 0)


def test_a_vote_goes_to_who_won_more_searches() -> None:
    sources = {"x": "a", "y": "b"}
    turns = [("u", visit(clicked, sources)) for clicked in "xyyxy"]
    assert [cast(turns[:end]) for end in (1, 2, 3, 5)] == [
        Votes(1, 0, 0),
        Votes(0, 0, 1),
        Votes(0, 1, 0),
        Votes(0, 1, 0),
    ]


def test_ties_count_half() -> None:
    sources = {"x": "a", "y": "b"}
    asked = zip(cycle("uvw"), ["x", "x", "xy"], strict=False)
    found = cast([(unit, visit(clicked, sources)) for unit, clicked in asked])
    assert (found.first, found.second, found.ties) == (2, 0, 1)
    assert found.advantage == pytest.approx(2.5 / 3 - 0.5)
