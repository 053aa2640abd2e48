"""Zip archives: read in place, as the folders that they hold."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import fsspec
import pytest

from core.errors import ImageUnreadable, SourceError
from encoders.bundle import BundleEncoder
from ingestion.load import Task, load
from ingestion.rejects import Rejection
from ingestion.sources.away import read_image_away
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from tests.loads import SMALL, candidates, new_generation, reject_lines
from tests.pictures import encoded, picture

_RED, _BLUE = (encoded(picture(colour, (16, 16))) for colour in ("red", "blue"))


def _zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_images_are_read_as_from_the_folder_that_the_archive_holds(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    members = {
        "shop/red_fox.png": _RED,
        "shop/old/b.png": _BLUE,
        "__MACOSX/._b.png": b"x",
        "shop/.DS_Store": b"x",
    }
    source = open_source(_zip(tmp_path / "a.ZIP", **members))
    found = [(each.item.id, each.item.title, each.item.tags) for each in candidates(source)]
    assert found == [
        ("shop/old/b.png", "b", ("shop", "old")),
        ("shop/red_fox.png", "red fox", ("shop",)),
    ]
    report = load(Task(source, new_generation(tiny_encoder), tiny_encoder, pace=SMALL))
    assert (report.indexed, report.rejected) == (2, 0)


@pytest.mark.parametrize("name", ["../../x.png", "a/../../x.png"])
def test_names_that_lead_out_of_the_archive_are_rejected(tmp_path: Path, name: str) -> None:
    found = list(open_source(_zip(tmp_path / "a.zip", **{name: _RED, "ok.png": _RED})).entries())
    assert [entry.item.id for entry in found if isinstance(entry, Candidate)] == ["ok.png"]
    (bad,) = [entry for entry in found if isinstance(entry, Rejection)]
    assert "leads out of its archive" in bad.reason


def test_a_catalogs_images_are_in_the_archive_or_beside_it(tmp_path: Path) -> None:
    rows = b"id,image\n1,./pics/in.png\n2,pics/out.png\n"
    path = _zip(tmp_path / "a.zip", **{"x/c.csv": rows, "x/pics/in.png": _RED})
    inside, beside = candidates(open_source(f"zip://x/c.csv::{path}"))
    assert inside.item.image.url == f"zip://x/pics/in.png::{path}"
    assert beside.item.image.path == tmp_path / "pics/out.png"


def test_a_catalog_cannot_send_a_load_into_another_archive(tmp_path: Path) -> None:
    rows = b"id,image\n1,zip://a.png::/etc/x.zip\n2,memory://a::/etc/x.zip\n"
    found = list(open_source(_zip(tmp_path / "a.zip", **{"c.csv": rows})).entries())
    assert [type(entry) for entry in found] == [Rejection, Rejection]
    with pytest.raises(ImageUnreadable):
        read_image_away("memory://a::file:///etc/passwd", 100)


def test_an_archive_in_an_object_store_is_read_there(tmp_path: Path) -> None:
    data = _zip(tmp_path / "a.zip", **{"c.csv": b"id,image\n1,a.png\n"}).read_bytes()
    fsspec.filesystem("memory").pipe("/packed/a.zip", data)
    (one,) = candidates(open_source("memory://packed/a.zip"))
    assert one.item.image.url == "zip://a.png::memory://packed/a.zip"


def test_an_archive_that_changed_is_read_again_and_only_new_images_are_encoded(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    path = _zip(tmp_path / "a.zip", **{"1.png": _RED, "2.png": _RED})
    generation = new_generation(tiny_encoder)
    load(Task(open_source(path), generation, tiny_encoder, pace=SMALL))
    again = load(Task(open_source(path), generation, tiny_encoder, pace=SMALL))
    assert (again.unchanged, again.indexed) == (2, 0)
    _zip(path, **{"1.png": _RED, "2.png": _BLUE})
    os.utime(path, ns=(1, 1))
    fsspec.get_filesystem_class("zip").clear_instance_cache()  # as in another process
    changed = load(Task(open_source(path), generation, tiny_encoder, pace=SMALL))
    assert (changed.renewed, changed.indexed) == (1, 1)


def test_a_damaged_member_is_a_reject_and_a_damaged_archive_an_error(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:  # stored as it is
        archive.writestr("1.png", _RED)
        archive.writestr("2.png", _BLUE)
    data = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(_RED[20:40], bytes(20), 1))
    task = Task(
        open_source(tmp_path / "a.zip"),
        new_generation(tiny_encoder),
        tiny_encoder,
        rejects=tmp_path / "r.jsonl",
        pace=SMALL,
    )
    assert (load(task).indexed, [each["id"] for each in reject_lines(tmp_path / "r.jsonl")]) == (
        1,
        ["1.png"],
    )
    (tmp_path / "b.zip").write_bytes(data[:50])
    for name in ("b.zip", "none.zip"):
        with pytest.raises(SourceError, match=name):
            open_source(tmp_path / name)


def test_an_archive_on_the_web_is_refused_with_what_to_do() -> None:
    with pytest.raises(SourceError, match="Archives are not read from the web") as told:
        open_source("https://shop.example/export.zip")
    assert "Download" in told.value.hint
