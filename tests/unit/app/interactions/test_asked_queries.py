from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from app.interactions.asked_queries import AskedQueries
from database.address import address_of
from database.engine import Database
from tests.visits import START, record, visit

CLICK = ("i1", "click", 1.0, 1)


def lately(database: Database, collection: str | None = None, hours: float = 1.0) -> dict:  # type: ignore[type-arg]
    clock = lambda: START + timedelta(minutes=30)  # noqa: E731
    return AskedQueries(database, clock).lately(collection, hours, 2)


def texts(found: list[dict[str, object]]) -> list[tuple[object, object, object]]:
    return [(one["text"], one["searches"], one["people"]) for one in found]


def test_what_people_ask_for_is_told(database: Database) -> None:
    record(
        database,
        [
            visit(0, CLICK, text="Red mug", session="a"),
            visit(1, text="red mug ", session="b"),
            visit(2, text="blue", session="a", latency_ms=25.0),
            visit(3, text="blue"),
            visit(61, text="nothing", found=0, user="u"),
            visit(62, text="", kind="browse"),
            visit(63, text="elsewhere", collection="other"),
            visit(-7200, text="long ago"),
        ],
    )
    found = lately(database, "shop")
    assert found["searches"] == 6
    assert texts(found["top"]) == [("blue", 2, 1), ("red mug", 2, 2)]
    assert texts(found["without_results"]) == [("nothing", 1, 1)]
    assert texts(found["without_clicks"]) == [("blue", 2, 1)]
    assert [(one["minute"], one["searches"]) for one in found["per_minute"]] == [
        ("2026-05-01T12:00:00+00:00", 4),
        ("2026-05-01T12:01:00+00:00", 2),
    ]
    assert found["latency_ms"]["p50"] == 5.0
    assert 5.0 < found["latency_ms"]["p99"] <= 25.0
    assert lately(database)["searches"] == 7
    assert lately(database, hours=24)["searches"] == 8


def test_only_what_several_people_found_is_suggested(database: Database) -> None:
    record(
        database,
        [
            *(visit(at, text="Mug", session=f"s{at}") for at in range(3)),
            visit(4, text="mug", session="s0"),
            *(visit(10 + at, text="my address", session="s1") for at in range(9)),
            *(visit(20 + at, text="anonymous") for at in range(9)),
            *(visit(30 + at, text="missing", session=f"s{at}", found=0) for at in range(3)),
            *(visit(40 + at, text="x" * 121, session=f"s{at}") for at in range(3)),
            *(visit(-31 * 86400 + at, text="old", session=f"s{at}") for at in range(3)),
            *(visit(50 + at, text="other", user=f"s{at}", collection="b") for at in range(3)),
        ],
    )
    queries = AskedQueries(database, lambda: START + timedelta(hours=1))
    assert queries.suggested("shop", 3) == [("mug", 4)]
    assert queries.suggested("shop", 4) == []
    assert queries.suggested("b", 3) == [("other", 3)]
    assert queries.suggested("shop", 0) == []


def test_an_empty_record_tells_nothing(tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    found = lately(database)
    assert (found["searches"], found["top"], found["latency_ms"]["p50"]) == (0, [], None)
    assert AskedQueries(database).suggested("shop", 1) == []
    assert not database.exists()
