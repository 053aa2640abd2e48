from __future__ import annotations

from pathlib import Path

import pytest

from app.release.hashes import check_unchanged, hashes_of
from app.release.record import Decision, Outcome, Record, Records, State, Step
from core.errors import NotFound, SettingsError, SourceError


def record(name: str = "r1", **given: object) -> Record:
    return Record(name, "shop", "release.yaml", "2026-01-01T00:00:00+00:00", **given)  # type: ignore[arg-type]


def test_a_record_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    one = record()
    one.outcomes[Step.PREPARE] = Outcome(Decision.PASSED, "Why.", {"seed": 7})
    one.note("begun")
    Records(tmp_path).keep(one)
    assert Records(tmp_path).get("r1") == one
    assert Records(tmp_path).open_of("shop") == one
    assert Records(tmp_path).open_of("other") is None


def test_the_next_step_is_the_first_that_is_not_decided() -> None:
    one = record()
    assert one.next is Step.PREPARE
    one.outcomes[Step.PREPARE] = Outcome(Decision.PASSED, "")
    assert one.next is Step.TRAIN
    one.outcomes[Step.TRAIN] = Outcome(Decision.WAITING, "")
    assert one.next is Step.TRAIN
    one.state = State.REFUSED
    assert one.next is None


def test_a_release_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    Records(tmp_path).keep(record("week-3"))
    with pytest.raises(NotFound, match="week-3"):
        Records(tmp_path).get("week-4")


def test_a_record_that_is_damaged_is_told(tmp_path: Path) -> None:
    Records(tmp_path).keep(record())
    (tmp_path / "r1" / "record.json").write_text('{"name": "r1"}')
    with pytest.raises(SettingsError, match="can't be read"):
        Records(tmp_path).get("r1")


def test_files_are_hashed_with_those_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").write_text("log")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.png").write_text("a")
    (tmp_path / "titles").write_text("a value that happens to be a file's name")
    (tmp_path / "recipe.yaml").write_text(
        "data: {sources: [{path: shop, log: log.parquet, name: titles}]}"
    )
    found = hashes_of([tmp_path / "recipe.yaml"])
    assert {Path(path).name for path in found} == {"recipe.yaml", "log.parquet", "shop"}
    check_unchanged(found)
    (tmp_path / "shop" / "b.png").write_text("b")
    with pytest.raises(SettingsError, match="shop"):
        check_unchanged(found)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.yaml"):
        hashes_of([tmp_path / "none.yaml"])
