"""JSONL and Parquet catalogs as sources."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SourceError
from core.fields import FieldType, Schema
from core.items import ImageSource
from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from tests.loads import candidates


def _jsonl(folder: Path, rows: Sequence[Any]) -> Path:
    path = folder / "catalog.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def _parquet(folder: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    path = folder / "catalog.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def test_a_jsonl_line_that_is_no_json_is_rejected_by_its_number(tmp_path: Path) -> None:
    path = _jsonl(tmp_path, [{"id": 1, "image": "a.jpg"}, "{nonsense", "", "[1]", '"text"'])
    good, *bad = open_source(path).entries()
    assert isinstance(good, Candidate)
    assert [(one.row, isinstance(one, Rejection)) for one in bad] == [
        (2, True),
        (4, True),
        (5, True),
    ]


def test_a_jsonl_key_unknown_to_the_first_lines_is_rejected_and_not_lost(tmp_path: Path) -> None:
    rows: list[Any] = [{"id": n, "image": "a.jpg"} for n in range(1000)]
    *_, last = open_source(
        _jsonl(tmp_path, [*rows, {"id": 1000, "image": "a", "new": 1}])
    ).entries()
    assert isinstance(last, Rejection)
    assert (last.row, last.field) == (1001, "new")


def test_strings_of_digits_stay_strings_where_the_format_has_types(tmp_path: Path) -> None:
    source = open_source(_jsonl(tmp_path, [{"id": "1", "image": "a.jpg", "code": "12", "n": 12}]))
    assert source.attributes == {"code": FieldType.KEYWORD, "n": FieldType.INTEGER}


def test_whole_floats_are_floats_where_the_format_has_types(tmp_path: Path) -> None:
    source = open_source(_jsonl(tmp_path, [{"id": "1", "image": "a.jpg", "price": 3.0}]))
    assert source.attributes == {"price": FieldType.FLOAT}


def test_nested_values_are_left_out_and_told(tmp_path: Path) -> None:
    source = open_source(_jsonl(tmp_path, [{"id": "1", "image": "a.jpg", "extra": {"a": 1}}]))
    assert source.attributes == {}
    assert any("'extra'" in note for note in source.notes)


def test_a_data_url_is_the_image_itself(tmp_path: Path) -> None:
    url = "data:image/png;base64," + base64.b64encode(b"abc").decode()
    assert candidates(open_source(_jsonl(tmp_path, [{"id": "1", "image": url}])))[
        0
    ].item.image == ImageSource(data=b"abc")


@pytest.mark.parametrize(
    "image",
    [b"abc", {"bytes": b"abc", "path": None}, {"bytes": b"abc", "path": "a.jpg"}],
    ids=["bytes", "struct", "struct with a path"],
)
def test_parquet_images_are_bytes_or_structs(tmp_path: Path, image: Any) -> None:
    source = open_source(_parquet(tmp_path, [{"id": "1", "image": image}]))
    assert candidates(source)[0].item.image == ImageSource(data=b"abc")


def test_a_parquet_struct_without_bytes_is_a_path(tmp_path: Path) -> None:
    path = _parquet(tmp_path, [{"id": "1", "image": {"bytes": None, "path": "a.jpg"}}])
    assert candidates(open_source(path))[0].item.image == ImageSource(path=tmp_path / "a.jpg")


def test_parquet_types_become_field_types(tmp_path: Path) -> None:
    row = {
        "id": 5,
        "image": "a.jpg",
        "when": datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC),
        "price": decimal.Decimal("10.00"),
        "sizes": ["s", "m"],
        "code": "007",
        "kids": True,
        "raw": b"bytes",
    }
    source = open_source(_parquet(tmp_path, [row]))
    item = candidates(source)[0].item
    assert item.id == "5"
    assert source.attributes == {
        "when": FieldType.DATETIME,
        "price": FieldType.FLOAT,
        "sizes": FieldType.KEYWORD,
        "code": FieldType.KEYWORD,
        "kids": FieldType.BOOL,
    }
    assert item.attributes["when"] == "2026-01-02T03:00:00Z"


def test_parquet_row_groups_are_read_one_after_the_other(tmp_path: Path) -> None:
    rows = [{"id": str(n), "image": b"x"} for n in range(300)]
    source = open_source(_parquet(tmp_path, rows, row_group_size=70))
    assert source.total == 300
    assert [one.row for one in candidates(source)] == list(range(1, 301))


def test_a_damaged_parquet_file_is_a_source_error(tmp_path: Path) -> None:
    path = tmp_path / "catalog.parquet"
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(SourceError, match="no Parquet file"):
        open_source(path)


def _late(folder: Path) -> Path:
    rows: list[dict[str, Any]] = [{"id": str(n), "image": "a.jpg", "Price": 1} for n in range(1000)]
    rows.append({"id": "late", "image": "a.jpg", "discount": 0.5, "note": "x"})
    (folder / "late.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "late.jsonl"


@pytest.mark.parametrize("told", ["mapping", "collection"])
def test_a_key_that_comes_late_is_read_where_the_mapping_or_the_collection_knows_it(
    tmp_path: Path, told: str
) -> None:
    fields = {"discount": FieldType.FLOAT}
    mapping = ColumnMapping(ignore=frozenset({"note"}), fields=fields if told == "mapping" else {})
    schema = Schema({"price": FieldType.INTEGER, **fields}) if told == "collection" else None
    source = open_source(_late(tmp_path), mapping, schema)
    assert source.attributes == {"price": FieldType.INTEGER, **fields}
    assert dict(candidates(source)[-1].item.attributes) == {"discount": 0.5}
    notes = " ".join(source.notes)
    assert ("'discount' has no value in the first 1,000 rows" in notes) is (told == "mapping")


def test_a_role_that_is_misspelt_is_still_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column 'titel'"):
        open_source(_late(tmp_path), ColumnMapping(title="titel"))
