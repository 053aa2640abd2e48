"""Folders that say a column, as warehouses write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.fields import FieldType
from ingestion.mapping import ColumnMapping
from ingestion.sources.opening import open_source
from tests.loads import candidates

_PARTS = ("season=summer/year=2026", "season=wint%20er/year=2025")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    for number, part in enumerate((*_PARTS, "_temporary/season=x/year=0")):
        (folder := tmp_path / "run=7" / "w" / part).mkdir(parents=True)
        table = pa.table({"id": [f"p{number}"], "image": ["a.jpg"]})
        pq.write_table(table, folder / "part-0.parquet")
    (tmp_path / "run=7" / "w" / "_SUCCESS").touch()
    return tmp_path / "run=7" / "w"


def _attributes(address: str | Path, **mapping: Any) -> dict[str, dict[str, Any]]:
    found = candidates(open_source(address, ColumnMapping(**mapping)))
    return {each.item.id: dict(each.item.attributes) for each in found}


_EXPECTED = {
    "p0": {"season": "summer", "year": 2026},
    "p1": {"season": "wint er", "year": 2025},
}


@pytest.mark.parametrize("pattern", ["", "season=*/*/*.parquet", "**/year=*/*.parquet"])
def test_what_folders_say_is_a_column(warehouse: Path, pattern: str) -> None:
    found = _attributes(f"{warehouse}/{pattern}" if pattern else warehouse)
    assert {name: found[name] for name in _EXPECTED} == _EXPECTED


def test_it_can_be_mapped_as_other_columns_are(warehouse: Path) -> None:
    found = _attributes(warehouse, title="season", fields={"year": FieldType.KEYWORD})
    assert found["p0"] == {"year": "2026"}


def test_folders_above_the_source_say_nothing(warehouse: Path) -> None:
    assert _attributes(warehouse / _PARTS[0]) == {"p0": {}}
    assert _attributes(warehouse / _PARTS[0] / "part-0.parquet") == {"p0": {}}


def test_a_column_of_the_file_itself_wins_and_nothing_is_nothing(tmp_path: Path) -> None:
    for part, row in (("x=1", {"x": 5}), ("x=__HIVE_DEFAULT_PARTITION__", {"x": 6})):
        (tmp_path / part / "y=__HIVE_DEFAULT_PARTITION__").mkdir(parents=True)
        line = json.dumps({"id": part[2:5], "image": "a.jpg", **row})
        (tmp_path / part / "y=__HIVE_DEFAULT_PARTITION__" / "c.jsonl").write_text(line)
    assert _attributes(tmp_path) == {"1": {"x": 5}, "__H": {"x": 6}}


def test_folders_of_an_object_store_say_it_too(warehouse: Path) -> None:
    files = fsspec.filesystem("memory")
    for part in _PARTS:
        data = (warehouse / part / "part-0.parquet").read_bytes()
        files.pipe(f"/warehouse/w/{part}/part-0.parquet", data)
    assert _attributes("memory://warehouse/w") == _EXPECTED
