from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.interactions import erasing
from app.interactions.erasing import Erased, forget, images_left, prune
from app.interactions.standing import standing
from database.address import address_of
from database.engine import Database
from eval.online.log import InteractionLog
from eval.online.rules import EVERYTHING
from tests.visits import START, record, visit

CLICK = ("i1", "click", 1.0, 1)


def left(database: Database) -> list[str]:
    return [each.asked.text for each in InteractionLog(database, EVERYTHING).visits()]


def test_what_is_old_is_pruned_with_its_events(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_SOME", 2)
    record(database, [visit(at, CLICK, CLICK, text=str(at)) for at in range(7)])
    assert prune(database, START + timedelta(seconds=5)) == Erased(5, 10)
    assert left(database) == ["5", "6"]
    assert prune(database, START + timedelta(seconds=5)) == Erased()


def test_a_user_is_forgotten_also_where_the_session_alone_was_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "_IDS", 2)
    record(
        database,
        [
            visit(0, CLICK, text="before signing in", session="s1"),
            visit(1, CLICK, text="signed in", session="s1", user="ann", image="ab"),
            visit(2, CLICK, text="elsewhere", user="ann"),
            visit(3, CLICK, text="bob's", session="s2", user="bob", image="ab"),
            visit(4, CLICK, text="nobody's"),
        ],
    )
    assert forget(database, user="ann") == Erased(3, 3, frozenset({"ab"}))
    assert left(database) == ["bob's", "nobody's"]
    assert images_left(database, ["ab", "cd"]) == {"ab"}
    assert forget(database, session="s2").searches == 1
    assert left(database) == ["nobody's"]


def test_the_standing_counts_by_collection(database: Database) -> None:
    record(database, [visit(0, CLICK, user="u", session="s"), visit(60, user="u")])
    record(database, [visit(5, collection="other")])
    other, shop = standing(database)["collections"]
    assert shop == {
        "collection": "shop",
        "searches": 2,
        "users": 1,
        "sessions": 1,
        "first": "2026-05-01T12:00:00+00:00",
        "last": "2026-05-01T12:01:00+00:00",
        "events": {"click": 1},
    }
    assert other["events"] == {}
    assert standing(database, START + timedelta(seconds=30))["collections"][0]["searches"] == 1


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    assert standing(database) == {"collections": []}
    assert prune(database, START) == forget(database, user="u") == Erased()
    assert images_left(database, ["ab"]) == set()
    assert not database.exists()
