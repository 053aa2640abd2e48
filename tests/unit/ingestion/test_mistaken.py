from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path

import pytest
import zstandard

from core.errors import SourceError
from ingestion.sources.opening import open_source
from tests.loads import candidates

_TEXT = b"id,image\n1,a.jpg\n"


@pytest.mark.parametrize(
    ("data", "told", "hint"),
    [
        (gzip.compress(_TEXT), "packed by gzip", "--format csv.gz"),
        (bz2.compress(_TEXT), "packed by bzip2", "--format csv.bz2"),
        (lzma.compress(_TEXT), "packed by xz", "--format csv.xz"),
        (zstandard.compress(_TEXT), "packed by zstd", "--format csv.zst"),
        (b"PK\x03\x04xl/workbook.xml", "a spreadsheet or a zip", "Save the spreadsheet as CSV"),
        (b"PAR1" + bytes(20), "Parquet", "--format"),
        (b"\n <!DOCTYPE html><html>", "a web page", "log in"),
    ],
    ids=["gzip", "bz2", "xz", "zstd", "zip", "parquet", "html"],  # gzip's bytes hold the time
)
def test_what_is_no_text_is_called_by_its_name(
    tmp_path: Path, data: bytes, told: str, hint: str
) -> None:
    (tmp_path / "c.csv").write_bytes(data)
    with pytest.raises(SourceError, match=told) as error:
        open_source(tmp_path / "c.csv")
    assert hint in error.value.hint


def test_the_format_that_is_advised_reads_it(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(gzip.compress(_TEXT))
    assert len(candidates(open_source(tmp_path / "c.csv", format="csv.gz"))) == 1


def test_a_file_of_lines_may_be_named_json(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"id": "1", "image": "a.jpg"}\n')
    assert candidates(open_source(tmp_path / "c.json"))[0].item.id == "1"


def test_a_json_array_is_told_with_how_to_part_it(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps([{"id": "1", "image": "a.jpg"}], indent=1))
    with pytest.raises(SourceError, match=r"no JSON object.*Line 1:") as error:
        open_source(tmp_path / "c.json")
    assert "jq -c '.[]'" in error.value.hint
