"""The pointer to the published generation, and its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import GenerationNotFound
from qdrant.pointer import (
    Pointer,
    generation_name,
    generation_number,
    read_pointer,
    write_pointer,
)

_NAMES = [generation_name(number) for number in range(1, 5)]
_STEPS = st.lists(
    st.sampled_from([*_NAMES, "rollback"]) | st.sets(st.sampled_from(_NAMES)), max_size=12
)


@given(_STEPS)
def test_no_generation_is_in_two_places_whatever_happens(steps: list[str | set[str]]) -> None:
    pointer = Pointer()
    for step in steps:
        if isinstance(step, set):
            pointer = pointer.forget(step - {pointer.published})
        elif step == "rollback":
            try:
                pointer = pointer.rollback("shop")
            except GenerationNotFound:
                assert not pointer.previous
        else:
            pointer = pointer.publish(step)
            assert pointer.published == step
        places = [*pointer.previous, *pointer.retired, *filter(None, [pointer.published])]
        assert len(places) == len(set(places)) == len(pointer.known)


def test_rolling_back_undoes_publishing(tmp_path: Path) -> None:
    before = Pointer().publish("g000001").publish("g000002")
    after = before.publish("g000003").rollback("shop")
    assert (after.published, after.previous) == (before.published, before.previous)
    assert after.retired == ("g000003",)


def test_a_pointer_is_read_as_it_was_written(tmp_path: Path) -> None:
    pointer = Pointer("g000002", ("g000001",), ("g000003",), 7)
    write_pointer(tmp_path / "current.json", pointer)
    assert read_pointer(tmp_path / "current.json") == pointer
    assert [path.name for path in tmp_path.iterdir()] == ["current.json"]


def test_a_write_that_was_cut_off_leaves_the_old_pointer(tmp_path: Path) -> None:
    write_pointer(tmp_path / "current.json", Pointer("g000001"))
    (tmp_path / ".current.json.1.tmp").write_text('{"published": "g0000')
    assert read_pointer(tmp_path / "current.json") == Pointer("g000001")


def test_no_file_is_an_empty_pointer(tmp_path: Path) -> None:
    assert read_pointer(tmp_path / "current.json") == Pointer()


@pytest.mark.parametrize("name", ["", "g", "x000001", "g00000x", "g-00001", "g²"])
def test_other_names_are_no_generations(name: str) -> None:
    assert generation_number(name) is None
    assert generation_number(generation_name(12)) == 12
