"""Small files on a disk that is full: /dev/full stands in for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import StorageFull, StoreError
from qdrant.edge import EdgeStore
from qdrant.pointer import Pointer, read_pointer, write_pointer
from tests.contract.samples import config, numbered

pytestmark = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="no device that is always full"
)


def _fill(path: Path) -> None:
    """What is written beside `path`, to be moved there, finds no room."""
    path.with_name(f".{path.name}.{os.getpid()}.tmp").symlink_to("/dev/full")


def test_a_pointer_that_finds_no_room_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "pointer.json"
    write_pointer(path, Pointer(published="g000001", last=1))
    _fill(path)
    with pytest.raises(StorageFull, match="disk is full"):
        write_pointer(path, Pointer(published="g000002", last=2))
    assert read_pointer(path).published == "g000001"
    assert [each.name for each in tmp_path.iterdir()] == ["pointer.json"]


def test_a_folder_that_is_gone_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Can't write"):
        write_pointer(tmp_path / "gone" / "pointer.json", Pointer())


def test_a_generation_closes_though_its_facts_find_no_room(root: Path, store: EdgeStore) -> None:
    """Else the error on closing would hide what came of the load."""
    generation = store.create("shop", config())
    generation.upsert(numbered(3))
    _fill(next(root.rglob("config.json")).with_name("facts.json"))
    generation.close()
    assert store.open("shop", generation.name).count() == 3
