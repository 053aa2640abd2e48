"""Parquet as warehouses write it: types that Python has no word for, values that are damaged."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.items import Item
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from tests.loads import candidates


def _written(folder: Path, **columns: Any) -> Path:
    count = len(next(iter(columns.values())))
    base = {"id": [f"i{n}" for n in range(count)], "image": [f"{n}.jpg" for n in range(count)]}
    pq.write_table(pa.table({**base, **columns}), folder / "c.parquet")
    return folder / "c.parquet"


def _parted(path: Path) -> tuple[list[Item], list[Rejection]]:
    found = list(open_source(path).entries())
    good = [entry.item for entry in found if isinstance(entry, Candidate)]
    return good, [entry for entry in found if isinstance(entry, Rejection)]


def test_a_date_beyond_the_calendar_rejects_its_row_alone(tmp_path: Path) -> None:
    path = _written(tmp_path, seen=pa.array([0, 2**53, 0], pa.timestamp("ms")))
    good, (bad,) = _parted(path)
    assert (bad.row, bad.id, bad.field) == (2, "i1", "seen")
    assert [item.id for item in good] == ["i0", "i2"]


def test_a_text_that_is_no_utf_8_rejects_its_row_alone(tmp_path: Path) -> None:
    ends = pa.array([0, 2, 3], pa.int32()).buffers()[1]
    titles = pa.Array.from_buffers(pa.string(), 2, [None, ends, pa.py_buffer(b"\xff\xfea")])
    path = _written(tmp_path, title=titles)
    good, (bad,) = _parted(path)
    assert (bad.row, bad.id, bad.field) == (1, "i0", "title")
    assert bad.record == {"id": "i0", "image": "0.jpg", "title": None}
    assert [item.title for item in good] == ["a"]


def test_the_id_of_a_damaged_row_is_that_of_the_mapped_column(tmp_path: Path) -> None:
    """So that `--sync` does not delete the item."""
    far = pa.array([2**53, 0], pa.timestamp("ms"))
    table = pa.table({"sku": ["a", "b"], "image": ["a.jpg", "b.jpg"], "seen": far})
    pq.write_table(table, tmp_path / "c.parquet")
    assert [bad.id for bad in _parted(tmp_path / "c.parquet")[1]] == ["a"]


def test_nanoseconds_are_cut_off(tmp_path: Path) -> None:
    """Python's moments have none; without pandas pyarrow would refuse them."""
    moment = 1_769_853_600_123_456_789
    path = _written(
        tmp_path,
        seen=pa.array([moment], pa.timestamp("ns", tz="Europe/Berlin")),
        took=pa.array([1_500_000_001], pa.duration("ns")),
    )
    (one,) = candidates(open_source(path))
    assert one.item.attributes == {"seen": "2026-01-31T10:00:00.123456Z", "took": "0:00:01.500000"}


def test_uuids_are_ids(tmp_path: Path) -> None:
    known = uuid.UUID("30313233-3435-3637-3839-616263646566")
    ids = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([known.bytes], pa.binary(16)))
    pq.write_table(pa.table({"id": ids, "image": ["a.jpg"]}), tmp_path / "c.parquet")
    assert candidates(open_source(tmp_path / "c.parquet"))[0].item.id == str(known)


def test_a_column_of_maps_is_left_out_and_told(tmp_path: Path) -> None:
    maps = pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string()))
    source = open_source(_written(tmp_path, facts=maps))
    assert source.attributes == {}
    assert "Column 'facts' holds bytes or nested values" in " ".join(source.notes)


def test_numbers_of_classes_become_names_where_the_file_says_them(tmp_path: Path) -> None:
    """As the Hugging Face hub writes its Parquet files."""
    features = {"kind": {"names": ["shoe", "hat"], "_type": "ClassLabel"}, "price": {}}
    said = {"huggingface": json.dumps({"info": {"features": features}})}
    rows = {"id": ["a", "b", "c"], "image": ["a.jpg"] * 3, "kind": [1, 0, -1], "price": [1, 2, 3]}
    pq.write_table(pa.table(rows).replace_schema_metadata(said), tmp_path / "c.parquet")
    found = [each.item.attributes for each in candidates(open_source(tmp_path / "c.parquet"))]
    assert found == [{"kind": "hat", "price": 1}, {"kind": "shoe", "price": 2}, {"price": 3}]


def test_metadata_of_others_is_passed_over(tmp_path: Path) -> None:
    rows = pa.table({"id": ["a"], "image": ["a.jpg"], "kind": [1]})
    for said in ({"huggingface": "no json"}, {"huggingface": "[1]"}, {"pandas": "{}"}):
        pq.write_table(rows.replace_schema_metadata(said), tmp_path / "c.parquet")
        assert candidates(open_source(tmp_path / "c.parquet"))[0].item.attributes == {"kind": 1}
