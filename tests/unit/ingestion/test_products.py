"""Rows with several images, and several rows of one product."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source
from tests.loads import candidates


def _items(folder: Path, rows: list[dict[str, Any]], **mapping: Any) -> dict[str, Any]:
    """Product and file name by id."""
    path = folder / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = candidates(open_source(path, ColumnMapping(**mapping)))
    return {c.item.id: (c.item.product_id, c.item.image.path.name) for c in found}  # type: ignore[union-attr]


def test_each_image_of_a_row_is_an_item_of_its_product(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "7", "images": ["a.png", "b.png", "c.png"]},
        {"id": "8", "images": ["d.png"]},
    ]
    assert _items(tmp_path, rows) == {
        "7": ("7", "a.png"),
        "7#2": ("7", "b.png"),
        "7#3": ("7", "c.png"),
        "8": (None, "d.png"),
    }


@pytest.mark.parametrize(
    ("row", "mapping"),
    [
        ({"id": "7", "images": "a.png|b.png"}, {}),
        ({"id": "7", "photo": "a.png,b.png"}, {"image": "photo", "image_separator": ","}),
        ({"id": "7", "image": "a.png", "image_2": "b.png"}, {}),
        (
            {"id": "7", "front": "a.png", "back": "b.png"},
            {"image": "front", "images": ("front", "back")},
        ),
        ({"id": "7", "image_link": "a.png", "additional_image_link": "b.png"}, {}),
    ],
)  # fmt: skip
def test_images_may_be_in_a_cell_or_in_several_columns(
    tmp_path: Path, row: dict[str, Any], mapping: dict[str, Any]
) -> None:
    assert _items(tmp_path, [row], **mapping) == {"7": ("7", "a.png"), "7#2": ("7", "b.png")}


def test_rows_that_share_a_product_are_its_images_in_their_order(tmp_path: Path) -> None:
    rows = [
        {"item_group_id": group, "image": image}
        for group, image in (("p", "a.png"), ("q", "b.png"), ("p", "c.png"))
    ]
    assert _items(tmp_path, rows) == {
        "p": ("p", "a.png"),
        "q": ("q", "b.png"),
        "p#2": ("p", "c.png"),
    }


def _replayed(folder: Path, *lines: dict[str, Any]) -> list[Any]:
    marks = {"row": 1, "field": None, "reason": "r", "kind": "k", "source": None}
    path = folder / "rejects.jsonl"
    path.write_text("".join(json.dumps({**marks, **line}) + "\n" for line in lines))
    return list(open_source(path).entries())


def test_a_replayed_image_keeps_its_number_among_those_of_its_product(tmp_path: Path) -> None:
    lines = [
        {"id": "p#2", "record": {"product_id": "p", "image": "c.png"}},
        {"id": "q", "record": {"product_id": "q", "image": "d.png"}},
    ]
    found = _replayed(tmp_path, *lines)
    assert [entry.item.id for entry in found] == ["p#2", "q"]


def test_a_row_of_several_images_without_an_id_is_not_replayed_by_guess(tmp_path: Path) -> None:
    record = {"product_id": "p", "images": ["a.png", "b.png"]}
    (found,) = _replayed(tmp_path, {"id": "p#4", "record": record})
    assert isinstance(found, Rejection)
    assert found.field == "id"


def test_what_a_mapping_names_may_be_missing_in_the_few_rows_of_a_replay(tmp_path: Path) -> None:
    record = {"sku": "7", "image": "a.png"}
    line = {"id": "7", "row": 1, "field": None, "reason": "", "kind": "k", "source": None}
    (tmp_path / "r.jsonl").write_text(json.dumps({**line, "record": record}) + "\n")
    mapping = ColumnMapping(id="sku", description="text", ignore=frozenset({"internal"}))
    assert candidates(open_source(tmp_path / "r.jsonl", mapping))[0].item.id == "7"


def test_the_images_of_a_sample_in_a_shard_are_those_of_one_product(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name in ("./7.front.jpg", "./7.json", "./7.back.jpg", "./8.jpg", "./7/9.png"):
            data = b'{"title": "A shoe"}' if name.endswith("json") else name.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    items = [each.item for each in candidates(open_source(tmp_path / "s.tar"))]
    assert [(item.id, item.product_id, item.image.data, item.title) for item in items] == [
        ("7", "7", b"./7.front.jpg", "A shoe"),
        ("7#2", "7", b"./7.back.jpg", "A shoe"),
        ("8", None, b"./8.jpg", ""),
        ("7/9", None, b"./7/9.png", ""),
    ]


@pytest.mark.parametrize(
    ("cell", "count"),
    [
        ("a.jpg;b.jpg", 2),
        ("https://x.example/a.jpg, https://x.example/b.jpg", 2),
        ("https://x.example/w_200,h_300/a.jpg", 1),
        ("https://x.example/a.jpg;v=2", 1),
        ("https://x.example/a,b.jpg|https://x.example/c.jpg", 2),
        ("data:image/png;base64,aGk=", 1),
        ("data:;base64,aGk=|data:;base64,aG8=", 2),
    ],
)
def test_commas_and_semicolons_within_a_url_part_nothing(
    tmp_path: Path, cell: str, count: int
) -> None:
    (tmp_path / "c.jsonl").write_text(json.dumps({"id": "p", "images": cell}) + "\n")
    assert len(candidates(open_source(tmp_path / "c.jsonl"))) == count
