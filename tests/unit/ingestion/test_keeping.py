"""What ingestion writes: thumbnails, payloads, rejects."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.errors import ImageUnreadable, InvalidItem, NotFound, StorageFull, StoreError
from core.fields import FieldType, Schema
from core.items import ImageSource, Item, Visibility
from ingestion.payload import IMAGE, ITEM, SHA256, THUMBNAIL, ImageFacts, item_hash, payload_of
from ingestion.rejects import Rejection, RejectsFile
from ingestion.thumbnails import ThumbnailStore
from tests.loads import reject_lines
from tests.pictures import picture

FACTS = ImageFacts(width=40, height=30, sha256="ab" * 32, thumbnail="cd" * 16)


@pytest.mark.parametrize("size", [(1000, 500), (320, 10), (1, 5000)])
def test_a_thumbnail_is_a_webp_of_at_most_320_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    store = ThumbnailStore(tmp_path)
    with Image.open(io.BytesIO(store.read(store.put(Image.new("RGB", size))))) as image:
        assert image.format == "WEBP"
        assert max(image.size) == 320


def test_a_small_image_is_not_enlarged(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    with Image.open(io.BytesIO(store.read(store.put(picture(size=(30, 20)))))) as image:
        assert image.size == (30, 20)


def test_equal_thumbnails_are_kept_once(tmp_path: Path) -> None:
    store = ThumbnailStore(tmp_path)
    assert store.put(picture()) == store.put(picture())
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "ab" * 16, "AB" * 16])
def test_an_address_of_nothing_is_not_found(tmp_path: Path, address: str) -> None:
    with pytest.raises(NotFound):
        ThumbnailStore(tmp_path).read(address)


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Can't write"):
        ThumbnailStore(tmp_path / "file").put(picture())


def test_a_payload_is_flat_and_leaves_out_what_is_absent(tmp_path: Path) -> None:
    item = Item(
        "1", ImageSource(data=b"x"), title="Shoe", attributes={"size": "42", "colour": None}
    )
    schema = Schema({"size": FieldType.INTEGER, "colour": FieldType.KEYWORD})
    payload = payload_of(item, schema, FACTS)
    assert payload.pop(ITEM)
    assert payload == {
        "id": "1",
        "title": "Shoe",
        "visibility": "public",
        "width": 40,
        "height": 30,
        "aspect": 1.3333,
        "size": 42,
        SHA256: FACTS.sha256,
        THUMBNAIL: FACTS.thumbnail,
    }


def test_an_undeclared_attribute_is_refused_with_the_declared_ones() -> None:
    item = Item("1", ImageSource(data=b"x"), attributes={"brand": "acme"})
    with pytest.raises(InvalidItem, match=r"no field 'brand'.*colour"):
        payload_of(item, Schema({"colour": FieldType.KEYWORD}), FACTS)


def test_a_path_of_odd_bytes_is_stored_so_that_it_can_be_found_again(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"caf\xe9.png")
    payload = payload_of(Item("1", ImageSource(path=odd)), Schema(), FACTS)
    assert payload[IMAGE] == f"file://{tmp_path}/caf%E9.png"


@pytest.mark.parametrize(
    "change",
    [
        {"title": "b"},
        {"description": "b"},
        {"tags": ("b",)},
        {"owner_id": "b"},
        {"uploaded_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"visibility": Visibility.PRIVATE},
        {"attributes": {"a": 2}},
        {"image": ImageSource(data=b"y")},
        {"image": ImageSource(url="https://a.example/x")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_hash_of_an_item_changes_with_each_of_its_parts(change: dict[str, Any]) -> None:
    item = Item("1", ImageSource(data=b"x"), title="a", attributes={"a": 1})
    assert item_hash(item) == item_hash(replace(item))
    assert item_hash(item) != item_hash(replace(item, **change))


def test_the_hash_of_an_item_changes_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    item = Item("1", ImageSource(path=path))
    hashes = {item_hash(item)}
    path.write_bytes(b"a")
    hashes.add(item_hash(item))
    path.write_bytes(b"ab")
    hashes.add(item_hash(item))
    os.utime(path, ns=(1, 1))
    hashes.add(item_hash(item))
    assert len(hashes) == 4


def test_rejects_are_lines_written_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rejects.jsonl"
    with RejectsFile(path) as rejects:
        assert not path.exists()
        error = ImageUnreadable("The file is empty.")
        rejects.add(Rejection.of(error, row=3, id="a", source="c.csv"))
        assert reject_lines(path) == [
            {
                "row": 3,
                "id": "a",
                "field": "image",
                "reason": "The file is empty.",
                "kind": "image-unreadable",
                "source": "c.csv",
            }
        ]
        rejects.add(Rejection("twice", "duplicate-id"))
        rejects.add(Rejection("twice", "duplicate-id"))
    assert rejects.counts == {"duplicate-id": 2, "image-unreadable": 1}
    assert rejects.total == len(reject_lines(path)) == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_called_that() -> None:
    with (
        RejectsFile(Path("/dev/full")) as rejects,
        pytest.raises(StorageFull, match="disk is full"),
    ):
        rejects.add(Rejection("no room", "duplicate-id"))
