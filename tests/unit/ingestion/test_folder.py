"""Folders of images as sources."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import SourceError
from core.items import check_item_id
from ingestion.rejects import Rejection
from ingestion.sources.folder import FolderSource, words
from ingestion.sources.opening import open_source
from tests.loads import candidates, write_pictures


def _ids(root: Path) -> list[str]:
    return [candidate.item.id for candidate in candidates(FolderSource(root))]


def test_ids_are_paths_titles_file_names_and_tags_folders(tmp_path: Path) -> None:
    write_pictures(tmp_path / "wild_animals" / "dogs", **{"red_fox-2": "red"})
    (found,) = candidates(FolderSource(tmp_path))
    assert found.item.id == "wild_animals/dogs/red_fox-2.png"
    assert found.item.title == "red fox 2"
    assert found.item.tags == ("wild animals", "dogs")


def test_folders_are_walked_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        write_pictures(tmp_path / name, two="red", one="blue")
    assert _ids(tmp_path) == [f"{name}/{file}.png" for name in "abc" for file in ("one", "two")]


def test_hidden_files_and_files_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    write_pictures(tmp_path / ".thumbnails", hidden="red")
    write_pictures(tmp_path, **{"shown": "red", ".hidden": "red"})
    (tmp_path / "notes.txt").write_text("no image")
    assert _ids(tmp_path) == ["shown.png"]


def test_endings_count_in_any_case(tmp_path: Path) -> None:
    write_pictures(tmp_path, a="red")
    (tmp_path / "a.png").rename(tmp_path / "A.JPEG")
    assert _ids(tmp_path) == ["A.JPEG"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    write_pictures(tmp_path / "album", one="red")
    (tmp_path / "album" / "again").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert _ids(tmp_path) == ["album/one.png"]


def test_a_linked_folder_is_read(tmp_path: Path) -> None:
    write_pictures(tmp_path / "far", one="red")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "near").symlink_to(tmp_path / "far")
    assert _ids(tmp_path / "root") == ["near/one.png"]


def test_a_broken_link_is_an_entry_so_that_it_gets_rejected_by_name(tmp_path: Path) -> None:
    (tmp_path / "lost.jpg").symlink_to(tmp_path / "gone.jpg")
    assert _ids(tmp_path) == ["lost.jpg"]


def test_names_of_odd_bytes_and_control_characters_get_printable_ids(tmp_path: Path) -> None:
    write_pictures(tmp_path, a="red", b="red")
    (tmp_path / "a.png").rename(tmp_path / os.fsdecode(b"caf\xe9.png"))
    (tmp_path / "b.png").rename(tmp_path / "two\nlines.png")
    found = candidates(FolderSource(tmp_path))
    assert [one.item.id for one in found] == ["caf\\xE9.png", "two\\x0Alines.png"]
    for one in found:
        check_item_id(one.item.id)
        assert one.item.title.isprintable()


def test_names_in_other_scripts_stay_as_they_are(tmp_path: Path) -> None:
    write_pictures(tmp_path, **{"猫 und Füchse": "red"})
    assert _ids(tmp_path) == ["猫 und Füchse.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_rejected_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", one="red").chmod(0)
    write_pictures(tmp_path / "b", one="red")
    rejection, candidate = FolderSource(tmp_path).entries()
    assert isinstance(rejection, Rejection)
    assert not isinstance(candidate, Rejection)


def test_an_empty_folder_is_refused_with_the_endings_that_count(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds no images.*jpg"):
        FolderSource(tmp_path)


def test_a_path_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing at"):
        open_source(tmp_path / "gone")


def test_a_file_of_an_unknown_kind_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "catalog.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(SourceError, match=r"\.csv.*\.parquet"):
        open_source(path)


def test_one_image_is_a_source(tmp_path: Path) -> None:
    write_pictures(tmp_path, one="red", two="blue")
    (found,) = candidates(open_source(tmp_path / "one.png"))
    assert found.item.id == "one.png"


def test_a_pattern_of_images_is_a_source(tmp_path: Path) -> None:
    write_pictures(tmp_path / "a", one="red")
    write_pictures(tmp_path / "b", two="blue")
    source = open_source(f"{tmp_path}/**/*.png")
    assert [found.item.id for found in candidates(source)] == ["a/one.png", "b/two.png"]
    assert source.total == 2


def test_separators_in_names_become_single_spaces() -> None:
    assert words("IMG__20-03.final") == "IMG 20 03 final"
