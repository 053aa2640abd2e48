"""Folders of images in an object store are read as those on this machine are."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from ingestion.sources.opening import open_source
from tests.loads import candidates

_NAMES = ("shoes/red_fox-2.jpg", "shoes/old/b.png")


@pytest.fixture
def bucket() -> str:
    files = fsspec.filesystem("memory")
    if files.exists("/bucket"):
        files.rm("/bucket", recursive=True)
    for name in (*_NAMES, "shoes/.hidden/c.png", "notes.md"):
        files.pipe(f"/bucket/{name}", b"x")
    return "memory://bucket"


def test_ids_titles_and_tags_are_those_of_the_same_folder_on_this_machine(
    bucket: str, tmp_path: Path
) -> None:
    for name in _NAMES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    here, away = (
        sorted((each.item.id, each.item.title, each.item.tags) for each in candidates(source))
        for source in (open_source(tmp_path), open_source(bucket))
    )
    assert away == here


def test_ids_stay_as_they_are_when_folders_come(bucket: str) -> None:
    first = {each.item.id for each in candidates(open_source(bucket))}
    fsspec.filesystem("memory").pipe("/bucket/hats/h.jpg", b"x")
    assert {each.item.id for each in candidates(open_source(bucket))} == {*first, "hats/h.jpg"}


def test_one_image_and_a_pattern_are_named_below_their_folder(bucket: str) -> None:
    for address in (f"{bucket}/shoes/red_fox-2.jpg", f"{bucket}/shoes/*.jpg"):
        assert [each.item.id for each in candidates(open_source(address))] == ["red_fox-2.jpg"]


def test_a_catalog_among_images_is_told_and_not_read(bucket: str, tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe("/bucket/products.csv", b"id,image\n1,a.jpg\n")
    (tmp_path / "a.jpg").write_bytes(b"x")
    (tmp_path / "products.csv").write_bytes(b"id,image\n1,a.jpg\n")
    for address in (bucket, str(tmp_path)):
        source = open_source(address)
        (note,) = source.notes
        assert "products.csv as the source" in note
        assert "products.csv" not in {each.item.id for each in candidates(source)}
