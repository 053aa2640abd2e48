from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import EncoderError
from tests.towers import write_bundle
from training.export.destination import check_destination, written


def test_a_new_directory_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with written(target, force=False) as aside:
        (aside / "file").write_text("x")
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["file"]
    assert [path.name for path in target.parent.iterdir()] == ["b"]


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with written(tmp_path / "b", force=False) as aside:
        (aside / "file").write_text("x")
    assert (tmp_path / "b" / "file").read_text() == "x"


def test_a_failure_leaves_nothing_behind_and_the_old_in_place(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b")
    before = sorted(path.name for path in bundle.iterdir())

    def fail() -> None:
        with written(bundle, force=True) as aside:
            (aside / "file").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert sorted(path.name for path in bundle.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_bundle_is_replaced_only_when_forced(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b")
    with pytest.raises(EncoderError, match="already"):
        check_destination(bundle, force=False)
    with written(bundle, force=True) as aside:
        (aside / "new").write_text("x")
    assert [path.name for path in bundle.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize("force", [False, True])
def test_nothing_but_a_bundle_is_ever_replaced(tmp_path: Path, force: bool) -> None:
    (tmp_path / "holiday.jpg").write_text("x")
    with pytest.raises(EncoderError, match="holds no bundle"):
        check_destination(tmp_path, force=force)
    with pytest.raises(EncoderError, match="not a directory"):
        check_destination(tmp_path / "holiday.jpg", force=force)


def test_a_parent_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(EncoderError, match="can't be written"),
        written(tmp_path / "file" / "b", force=False),
    ):
        pass
