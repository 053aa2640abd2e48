"""The recorder over both kinds of databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from app.interactions.meters import RecordMeters
from app.interactions.recorder import Recorder
from app.interactions.secret import secret_of
from core.errors import DatabaseUnavailable
from core.interactions import Asked, Event
from database.engine import Database
from database.interaction_rows import asked_of, event_of, event_row, search_row
from database.interactions import EVENTS, SEARCHES

NOW = datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC)
ASKED = Asked(
    query_id="q1",
    collection="shop",
    generation="g000001",
    at=NOW,
    kind="text",
    text="red\0 mug",
    found=3,
    latency_ms=1.5,
    user="u",
    variants={"ranking": "b"},
    sources={"i1": "a"},
    randomised=True,
    encoder="f",
)
CLICK = Event("q1", "i1", "click", NOW, position=2)

Make = Callable[..., Recorder]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def make(database: Database, registry: CollectorRegistry) -> Iterator[Make]:
    made: list[Recorder] = []

    def recorder(**options: Any) -> Recorder:
        given = {"flush_seconds": 0.01, "max_waiting": 100, **options}
        made.append(Recorder(options.pop("on", database), RecordMeters(registry), **given))
        made[-1].start()
        return made[-1]

    yield recorder
    for each in made:
        each.close()


def test_searches_and_events_come_back_as_they_were(database: Database, make: Make) -> None:
    recorder = make()
    assert recorder.add("search", [search_row(ASKED, "curl")])
    assert recorder.add("event", [event_row(CLICK)])
    assert recorder.flush()
    with database.read() as connection:
        (search,) = connection.execute(select(SEARCHES)).all()
        (event,) = connection.execute(select(EVENTS)).all()
    found = asked_of(search)
    assert found.text == "red mug"  # PostgreSQL has no NUL
    assert found.variants == {"ranking": "b"}
    assert (found.at, found.sources, found.randomised) == (NOW, {"i1": "a"}, True)
    assert search.agent == "curl"
    assert event_of(event) == CLICK


def test_an_event_with_a_key_counts_once(database: Database, make: Make) -> None:
    recorder = make()
    for _ in range(2):
        recorder.add("event", [event_row(CLICK, "k"), event_row(CLICK, "k"), event_row(CLICK)])
        assert recorder.flush()
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(EVENTS)) == 3


def test_what_waits_is_written_at_the_end(database: Database, make: Make) -> None:
    recorder = make(flush_seconds=60)
    recorder.add("event", [event_row(CLICK)])
    recorder.close()
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(EVENTS)) == 1


def test_more_than_may_wait_is_turned_away(make: Make) -> None:
    recorder = make(flush_seconds=60, max_waiting=2)
    assert recorder.add("event", [event_row(CLICK)])
    assert not recorder.add("event", [event_row(CLICK), event_row(CLICK)])
    assert recorder.add("event", [event_row(CLICK)])


def test_a_row_that_the_database_refuses_does_not_hold_up_the_others(
    database: Database, registry: CollectorRegistry, make: Make
) -> None:
    recorder = make(flush_seconds=60)
    bad = {**event_row(CLICK), "item": None}
    recorder.add("event", [event_row(CLICK), bad, event_row(CLICK)])
    assert recorder.flush()
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(EVENTS)) == 2
    labels = {"what": "event", "reason": "refused"}
    assert registry.get_sample_value("binocle_interactions_lost_total", labels) == 1


class Away(Database):
    """A database that can't be reached for a while."""

    def prepare(self) -> None:
        if self.away:
            raise DatabaseUnavailable("away")
        super().prepare()

    away = True


def test_rows_wait_while_the_database_is_away(
    database: Database, registry: CollectorRegistry, make: Make
) -> None:
    away = Away(database._url)
    recorder = Recorder(away, RecordMeters(CollectorRegistry()), flush_seconds=0.01, max_waiting=10)
    recorder.start()
    recorder.add("event", [event_row(CLICK)])
    assert not recorder.flush(0.1)
    away.away = False
    assert recorder.flush(5)
    recorder.close()
    away.close()
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(EVENTS)) == 1


def test_what_can_not_be_written_at_the_end_is_counted(database: Database) -> None:
    registry = CollectorRegistry()
    away = Away(database._url)
    recorder = Recorder(away, RecordMeters(registry), flush_seconds=60, max_waiting=10)
    recorder.start()
    recorder.add("event", [event_row(CLICK)] * 3)
    recorder.close()
    away.close()
    labels = {"what": "event", "reason": "shutdown"}
    assert registry.get_sample_value("binocle_interactions_lost_total", labels) == 3


def test_all_processes_on_a_database_have_one_secret(database: Database) -> None:
    assert secret_of(database) == secret_of(database)
    assert len(secret_of(database)) == 32
