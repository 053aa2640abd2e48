"""Small files in a folder and at a URL: the same promises."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from app.places import place_of
from app.settings import Settings
from core.errors import NotFound, SettingsError, StoreUnavailable
from ingestion.blobs import open_blobs
from ingestion.thumbnails import ThumbnailStore
from tests.pictures import picture


@pytest.fixture(params=["folder", "URL", "file URL"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    kinds = {"folder": str(tmp_path / "t"), "URL": f"memory://{uuid4()}/t"}
    yield kinds.get(request.param, f"file://{tmp_path}/t")
    MemoryFileSystem.store.clear()


def test_what_was_added_is_read_and_listed_until_it_is_cleared(address: str) -> None:
    blobs = open_blobs(address)
    assert list(blobs.names()) == []
    blobs.add("ab/b.webp", b"second")
    blobs.add("aa/a.webp", b"first")
    blobs.add("aa/a.webp", b"first")
    assert blobs.read("aa/a.webp") == b"first"
    assert list(blobs.names()) == ["aa/a.webp", "ab/b.webp"]
    blobs.clear()
    assert list(blobs.names()) == []
    with pytest.raises(FileNotFoundError):
        blobs.read("aa/a.webp")
    blobs.clear()


def test_thumbnails_go_from_one_kind_of_place_to_another_and_through_an_archive(
    address: str, tmp_path: Path
) -> None:
    there, copied, unpacked = (
        ThumbnailStore(place) for place in (address, tmp_path / "copied", tmp_path / "unpacked")
    )
    known = [there.put(picture(colour)) for colour in ("red", "blue")]
    there.copy_to(copied)
    stream = io.BytesIO()
    there.archive(stream)
    stream.seek(0)
    unpacked.unpack(stream)
    for each in known:
        assert copied.read(each) == unpacked.read(each) == there.read(each)
    there.clear()
    with pytest.raises(NotFound):
        there.read(known[0])


def test_an_archive_can_t_write_elsewhere(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w|") as archive:
        for name in ("../out.webp", "/etc/out.webp", "ab/readme.txt"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    stream.seek(0)
    ThumbnailStore(tmp_path / "t").unpack(stream)
    assert not list(tmp_path.rglob("*.*"))


def test_an_address_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> bytes:
        raise PermissionError("no such key")

    monkeypatch.setattr(MemoryFileSystem, "cat_file", fail)
    with pytest.raises(StoreUnavailable, match=r"memory://shared.*no such key"):
        ThumbnailStore("memory://shared/t").read("ab" * 16)


def test_a_protocol_that_is_not_installed_is_told() -> None:
    assert "s3fs" not in fsspec.available_protocols()
    with pytest.raises(SettingsError, match="unknown://"):
        open_blobs("unknown://bucket")


def test_replicas_share_thumbnails_by_one_setting_and_other_directories_keep_theirs(
    tmp_path: Path,
) -> None:
    settings = Settings.load(data=tmp_path / "mine", thumbnails=str(tmp_path / "shared"))
    address = place_of("shop", settings).thumbnails.put(picture())
    assert (tmp_path / "shared" / "shop" / address[:2] / f"{address}.webp").exists()
    elsewhere = place_of(f"{tmp_path}/other/shop", settings)
    elsewhere.thumbnails.put(picture())
    assert (tmp_path / "other" / "thumbnails" / "shop").is_dir()
