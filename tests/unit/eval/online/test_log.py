from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from database.address import address_of
from database.engine import Database
from eval.online.log import InteractionLog
from eval.online.rules import EVERYTHING, Rules
from tests.visits import START, record, visit

MANY = 2_500
"""More than are read at a time."""


def test_visits_come_back_as_they_were_in_order_of_time(database: Database) -> None:
    made = [
        visit(0, ("i1", "impression", 0, 1), ("i1", "click", 3, 1), ("i1", "dwell", 9, None, 6.0)),
        visit(1, text="", kind="image", image="ab", variants={"x": "b"}, sources={"i1": "a"}),
        visit(2, ("i2", "buy", 30, None, None, 9.5), randomised=True, user="u", session="s"),
    ]
    record(database, reversed(made))
    assert list(InteractionLog(database).visits()) == made


def test_a_span_and_a_collection_can_be_chosen(database: Database) -> None:
    made = [visit(at, ("i", "click", 1, 1), collection=c) for at in range(4) for c in "ab"]
    record(database, made)
    log = InteractionLog(database)
    since, until = START + timedelta(seconds=1), START + timedelta(seconds=3)
    found = list(log.visits("b", since, until))
    assert [(each.asked.collection, each.asked.at) for each in found] == [
        ("b", START + timedelta(seconds=at)) for at in (1, 2)
    ]
    assert all(len(each.events) == 1 for each in found)


def test_a_long_log_is_read_whole(tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    made = [visit(at / 100, ("i", "click", 1, 1)) for at in range(MANY)]
    record(database, made)
    found = list(InteractionLog(database).visits())
    assert len(found) == MANY
    assert sum(len(each.events) for each in found) == MANY
    database.close()


def test_a_database_that_is_not_there_has_no_visits(tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    assert list(InteractionLog(database).visits()) == []
    assert not database.exists()


def test_bots_are_left_out_by_name_but_not_who_speaks_for_people(database: Database) -> None:
    record(database, [visit(0, text="bot")], "Mozilla/5.0 (compatible; Googlebot/2.1)")
    record(database, [visit(1, text="person", session="s", client="page")], "Mozilla/5.0 Firefox")
    record(database, [visit(2, text="shop's backend", user="u")], "python-requests/2.32")
    record(database, [visit(3, text="script")], "python-requests/2.32")
    log = InteractionLog(database)
    assert [each.asked.text for each in log.visits()] == ["person", "shop's backend"]
    assert log.left_out == {"name": 2}
    assert len(list(InteractionLog(database, EVERYTHING).visits())) == 4


def test_who_searches_faster_than_a_person_is_left_out_for_the_day(database: Database) -> None:
    fast = [visit(at, session="fast") for at in range(11)]
    slow = [visit(at * 20, session="slow") for at in range(11)]
    next_day = [visit(24 * 3600, session="fast")]
    record(database, [*fast, *slow, *next_day])
    found = list(InteractionLog(database, Rules(searches_per_minute=10)).visits())
    assert [each.asked.session for each in found] == ["slow"] * 11 + ["fast"]
    assert len(list(InteractionLog(database, Rules(searches_per_day=10)).visits())) == 1


def test_clicks_faster_than_a_hand_are_a_bots(database: Database) -> None:
    bot = visit(0, *[(f"i{at}", "click", at / 10, at + 1) for at in range(6)], text="bot")
    person = visit(1, *[(f"i{at}", "click", at / 2, at + 1) for at in range(6)], text="person")
    record(database, [bot, person])
    assert [each.asked.text for each in InteractionLog(database).visits()] == ["person"]


def test_repeated_clicks_and_impressions_count_once(database: Database) -> None:
    events = [
        ("i1", "click", 5, 1),
        ("i1", "click", 2, 1),
        ("i1", "impression", 1, 1),
        ("i1", "impression", 0, 1),
        ("i2", "click", 3, 2),
        ("i1", "buy", 7),
        ("i1", "buy", 8),
    ]
    record(database, [visit(0, *events)])
    (found,) = InteractionLog(database).visits()
    assert [(each.item, each.action) for each in found.events] == [
        ("i1", "impression"),
        ("i1", "click"),
        ("i2", "click"),
        ("i1", "buy"),
        ("i1", "buy"),
    ]
    assert found.events[1].at == START + timedelta(seconds=2)
    (everything,) = InteractionLog(database, EVERYTHING).visits()
    assert len(everything.events) == 7
