from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.beside import Key
from app.experiments.document import experiment_of
from app.experiments.record import Record
from app.experiments.watch import ExperimentWatch
from core.errors import BinocleError, CollectionBusy, DatabaseUnavailable, GenerationNotFound

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def record(name: str = "e", *, generation: str | None = None, **changes: Any) -> Record:
    variant = {"name": "new", "generation": generation} if generation else None
    variants = [{"name": "control"}, variant or {"name": "new", "diversity": 0.5}]
    given = {"name": name, "collection": "c", "variants": variants, **changes}
    return Record(experiment_of(given), NOW, NOW)


class World:
    """Experiments in a database that can fail, and generations that may not open."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.fails = False
        self.broken: dict[Key, BinocleError] = {}
        self.kept: set[Key] = set()
        self.stopped: dict[str, str] = {}
        self.published: dict[str, str] = {}
        self.watch = ExperimentWatch(
            self.read,
            self.keep,
            self.stopped.__setitem__,
            self.published.get,
            lambda: NOW + timedelta(hours=1),
        )

    def read(self) -> list[Record]:
        if self.fails:
            raise DatabaseUnavailable("gone")
        return self.records

    def keep(self, wanted: Collection[Key]) -> Mapping[Key, BinocleError]:
        self.kept = set(wanted)
        return {key: error for key, error in self.broken.items() if key in wanted}

    def running(self) -> list[str]:
        self.watch.refresh()
        return [each.record.name for each in self.watch.seen.running.get("c", ())]


@pytest.fixture
def world() -> World:
    return World()


def test_what_runs_is_applied_and_the_interleaved_comes_last(world: World) -> None:
    over = replace(record("over"), stopped_at=NOW)
    world.records = [record("mixed", interleave=True), over, record("groups")]
    assert world.running() == ["groups", "mixed"]
    assert len(world.watch.seen.records) == 3


def test_while_the_database_is_gone_what_was_known_goes_on(world: World) -> None:
    world.records = [record()]
    assert world.running() == ["e"]
    world.fails = True
    assert world.running() == ["e"]


def test_generations_are_held_open_as_long_as_they_are_needed(world: World) -> None:
    world.records = [record(generation="g2")]
    assert world.running() == ["e"]
    assert world.kept == {("c", "g2")}
    world.records = [replace(world.records[0], stopped_at=NOW)]
    assert world.running() == []
    assert world.kept == set()


def test_a_generation_that_is_gone_ends_its_experiment(world: World) -> None:
    world.records = [record(generation="g2")]
    world.broken[("c", "g2")] = GenerationNotFound("There is no g2.")
    assert world.running() == []
    assert world.stopped == {"e": "There is no g2."}


def test_one_that_can_not_be_opened_now_is_tried_again(world: World) -> None:
    world.records = [record(generation="g2"), record("other", salt="x", collection="c")]
    world.broken[("c", "g2")] = CollectionBusy("Another has it.")
    assert world.running() == ["other"]
    assert world.watch.seen.suspended == {"e": "Another has it."}
    world.broken.clear()
    assert world.running() == ["e", "other"]
    assert not world.stopped


def test_one_whose_generation_everybody_gets_has_nothing_left_to_compare(world: World) -> None:
    world.records = [record(generation="g2")]
    world.published["c"] = "g1"
    assert world.running() == ["e"]
    world.published["c"] = "g2"
    assert world.running() == []
    assert "g2 is published now" in world.stopped["e"]
