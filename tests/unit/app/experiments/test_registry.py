"""Experiments in a database of either kind."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.experiments.document import Experiment, experiment_of
from app.experiments.registry import Registry
from app.experiments.table import EXPERIMENTS
from app.interactions.erasing import forget, prune
from core.errors import Conflict, InvalidRequest, NotFound
from database.address import address_of
from database.engine import Database
from eval.experiments.reading import Failure
from tests.postgres import Postgres


class Clock:
    """Set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def day(self, number: int) -> datetime:
        return self.now + timedelta(days=number)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    text = None
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        text = server.create(f"trials_{tmp_path.name.lower().replace('-', '_')}")
    opened = Database(address_of(text, tmp_path))
    yield Registry(opened, clock)
    opened.close()


@pytest.fixture
def light(tmp_path: Path, clock: Clock) -> Iterator[Registry]:
    opened = Database(address_of(None, tmp_path))
    yield Registry(opened, clock)
    opened.close()


def experiment(name: str = "e", *settings: str, **changes: Any) -> Experiment:
    made = {"aspects": {"joint": 1, "lexical": 1}, "diversity": 0.5, "ranking": {"window": 50}}
    values = {each: made[each] for each in settings or ("aspects",)}
    variants = [{"name": "control"}, {"name": "new", **values}]
    return experiment_of({"name": name, "collection": "shop", "variants": variants, **changes})


def test_an_experiment_is_read_as_it_was_made(registry: Registry, clock: Clock) -> None:
    made = registry.create(experiment(guardrails={"errors": 0.1}))
    assert registry.all() == [made]
    assert made.state(clock()) == "draft"
    started = registry.start("e")
    assert registry.get("e") == started
    assert (started.state(clock()), started.starts_at) == ("running", clock.now)
    stopped = registry.stop("e", "enough")
    assert (stopped.state(clock()), stopped.reason) == ("stopped", "enough")
    assert registry.stop("e", "again") == stopped


def test_failures_are_counted_on_from_the_last(registry: Registry, clock: Clock) -> None:
    row = {"experiment": "e", "variant": "new", "unit": "u", "at": clock(), "problem": "error"}
    registry.note_failures([])
    registry.note_failures([row, {**row, "experiment": "other"}, {**row, "unit": "v"}])
    found, last = registry.failures("e")
    assert found == [Failure("new", "u"), Failure("new", "v")]
    assert registry.failures("e", last) == ([], last)


def test_no_experiment_makes_no_database(tmp_path: Path) -> None:
    database = Database(address_of(None, tmp_path))
    assert Registry(database).all() == []
    with pytest.raises(NotFound, match="none yet"):
        Registry(database).stop("e")
    assert not database.exists()


def test_it_runs_by_itself_when_it_says_when(light: Registry, clock: Clock) -> None:
    made = light.create(experiment(starts=clock.day(1), ends=clock.day(3)))
    states = [made.state(clock.day(day)) for day in range(4)]
    assert states == ["scheduled", "running", "running", "ended"]
    assert made.until(clock.day(9)) == clock.day(3)


def test_two_of_one_name_are_refused(light: Registry) -> None:
    light.create(experiment())
    with pytest.raises(Conflict, match="'e' already"):
        light.create(experiment(collection="other"))


def test_what_has_run_is_not_started_again(light: Registry, clock: Clock) -> None:
    light.create(experiment())
    light.start("e")
    with pytest.raises(Conflict, match="runs already"):
        light.start("e")
    light.stop("e")
    with pytest.raises(Conflict, match="has stopped"):
        light.start("e")
    light.create(experiment("f", ends=clock.day(1)))
    light.start("f")
    clock.now = clock.day(2)
    with pytest.raises(Conflict, match="has ended"):
        light.start("f")


def test_an_end_that_is_past_is_refused(light: Registry, clock: Clock) -> None:
    with pytest.raises(InvalidRequest, match="ended by now"):
        light.create(experiment(ends=clock.day(-1)))


@pytest.mark.parametrize(
    ("one", "other", "clashes"),
    [
        (("aspects",), ("aspects",), "aspects"),
        (("aspects",), ("diversity",), ""),
        (("ranking",), ("diversity",), "diversity"),
        (("diversity",), ("ranking",), "diversity"),
        (("ranking",), ("aspects",), ""),
        (("ranking", "aspects"), ("aspects", "diversity"), "aspects, diversity"),
    ],
)
def test_a_setting_has_one_experiment_at_a_time(
    light: Registry, one: tuple[str, ...], other: tuple[str, ...], clashes: str
) -> None:
    light.create(experiment("first", *one))
    light.create(experiment("second", *other))
    light.start("first")
    if not clashes:
        light.start("second")
        return
    with pytest.raises(Conflict, match=f"'first' changes {clashes} of 'shop'"):
        light.start("second")
    light.stop("first")
    light.start("second")


def test_times_that_do_not_meet_and_other_collections_do_not_clash(
    light: Registry, clock: Clock
) -> None:
    light.create(experiment("first", starts=clock.day(1), ends=clock.day(2)))
    light.create(experiment("after", starts=clock.day(2)))
    light.create(experiment("elsewhere", starts=clock.day(1), collection="other"))
    with pytest.raises(Conflict, match="'after'"):
        light.create(experiment("late", starts=clock.day(5)))
    with pytest.raises(Conflict, match="'first'"):
        light.create(experiment("now", starts=clock.day(0)))
    light.create(experiment("before", starts=clock.day(0), ends=clock.day(1)))


def test_two_interleavings_at_once_are_refused(light: Registry) -> None:
    light.create(experiment("one", interleave=True))
    light.create(experiment("two", "diversity", interleave=True))
    light.start("one")
    with pytest.raises(Conflict, match="interleave"):
        light.start("two")


def test_the_last_variant_takes_the_experiment_with_it(light: Registry, clock: Clock) -> None:
    variants = [
        {"name": "control"}, {"name": "a", "diversity": 0.1}, {"name": "b", "diversity": 0.2},
    ]  # fmt: skip
    light.create(experiment(variants=variants))
    light.start("e")
    first = light.stop_variant("e", "a", "slow")
    assert (first.state(clock()), first.stopped_variants["a"].reason) == ("running", "slow")
    assert light.stop_variant("e", "a", "again") == first
    last = light.stop_variant("e", "b", "wrong")
    assert (last.state(clock()), last.reason) == ("stopped", "wrong")


def test_an_unknown_one_is_told_with_those_there_are(light: Registry) -> None:
    light.create(experiment())
    with pytest.raises(NotFound, match="Experiments: e"):
        light.get("x")


def test_who_is_forgotten_is_no_failed_search_either(registry: Registry, clock: Clock) -> None:
    row = {"experiment": "e", "variant": "new", "at": clock(), "problem": "error"}
    registry.note_failures([{**row, "unit": unit} for unit in ("u", "v")])
    forget(registry._database, user="u")
    assert registry.failures("e")[0] == [Failure("new", "v")]
    prune(registry._database, clock.day(1))
    assert registry.failures("e")[0] == []


def test_one_that_a_newer_program_wrote_is_passed_over_and_told_once(
    light: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    light.create(experiment("old"))
    light.create(experiment("new"))
    with light._database.write() as connection:
        strange = {"of": "the future"}
        change = update(EXPERIMENTS).where(EXPERIMENTS.c.name == "new")
        connection.execute(change.values(document=strange, created_at=datetime.now(UTC)))
    for _ in range(2):
        assert [each.name for each in light.all()] == ["old"]
    assert caplog.text.count("'new' is passed over") == 1
