"""CSV, TSV, JSONL and Parquet catalogs as sources."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import SourceError
from core.fields import FieldType, Schema
from core.items import ImageSource, Visibility
from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from tests.loads import candidates


def _csv(folder: Path, text: str, name: str = "catalog.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def _jsonl(folder: Path, rows: Sequence[Any]) -> Path:
    path = folder / "catalog.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def _parquet(folder: Path, rows: list[dict[str, Any]], **options: Any) -> Path:
    path = folder / "catalog.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path, **options)
    return path


def test_a_csv_row_becomes_an_item_with_typed_attributes(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "id,image,title,description,tags,owner_id,uploaded_at,visibility,Price,In Stock\n"
        '7,a/b.jpg,A shoe,"Red, and fast",run|sport,ann,2026-01-31,private,9.50,yes\n',
    )
    source = open_source(path)
    item = candidates(source)[0].item
    assert (item.id, item.title, item.description) == ("7", "A shoe", "Red, and fast")
    assert item.image == ImageSource(path=tmp_path / "a/b.jpg")
    assert (item.tags, item.owner_id) == (("run", "sport"), "ann")
    assert item.uploaded_at == datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC)
    assert item.visibility is Visibility.PRIVATE
    assert item.attributes == {"price": 9.5, "in_stock": True}
    assert source.attributes == {"price": FieldType.FLOAT, "in_stock": FieldType.BOOL}


def test_renamed_columns_are_told(tmp_path: Path) -> None:
    source = open_source(_csv(tmp_path, "id,image,Article Type,article_type\n1,a.jpg,x,y\n"))
    assert "Column 'Article Type' became the field 'article_type'." in source.notes
    assert "Column 'article_type' became the field 'article_type_2'." in source.notes


def test_usual_names_are_understood_and_told(tmp_path: Path) -> None:
    source = open_source(_csv(tmp_path, "SKU,Image URL,Name\nx1,https://a.example/1.jpg,Shoe\n"))
    item = candidates(source)[0].item
    assert (item.id, item.image.url, item.title) == ("x1", "https://a.example/1.jpg", "Shoe")
    assert "Column 'Name' is taken as title." in source.notes


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,image,colour\n1,a.jpg,red\n")
    with pytest.raises(SourceError, match=r"no column 'headline'.*'id', 'image', 'colour'"):
        open_source(path, ColumnMapping(title="headline"))


def test_a_catalog_without_an_image_column_is_refused_with_the_columns(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,colour\n1,red\n")
    with pytest.raises(SourceError, match=r"looks like an image.*'id', 'colour'"):
        open_source(path)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than one column 'id'"):
        open_source(_csv(tmp_path, "id,image,id\n1,a.jpg,2\n"))


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff"])
def test_an_empty_csv_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="empty"):
        open_source(_csv(tmp_path, text))


def test_a_csv_of_headings_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no rows"):
        open_source(_csv(tmp_path, "id,image\n"))


def test_a_byte_order_mark_is_no_part_of_the_first_heading(tmp_path: Path) -> None:
    source = open_source(_csv(tmp_path, "\ufeffid,image\n1,a.jpg\n"))
    assert candidates(source)[0].item.id == "1"


@pytest.mark.parametrize(("name", "mark"), [("c.csv", ";"), ("c.tsv", "\t"), ("c.csv", "\t")])
def test_other_delimiters_are_understood(tmp_path: Path, name: str, mark: str) -> None:
    text = f"id{mark}image{mark}title\n1{mark}a.jpg{mark}red, and blue\n"
    assert candidates(open_source(_csv(tmp_path, text, name)))[0].item.title == "red, and blue"


def test_rows_are_named_by_the_line_they_start_on(tmp_path: Path) -> None:
    path = _csv(tmp_path, 'id,image,title\n1,a.jpg,"two\nlines"\n2,b.jpg\n3,c.jpg,x\n')
    first, short, last = open_source(path).entries()
    assert (first.row, short.row, last.row) == (2, 4, 5)
    assert isinstance(short, Rejection)
    assert "2 cells; the header has 3" in short.reason


def test_a_wrong_type_after_the_sample_rejects_its_row_and_no_other(tmp_path: Path) -> None:
    rows = [f"{number},a.jpg,{2000 + number % 20}" for number in range(1500)]
    rows[1200] = "1200,a.jpg,unknown"
    path = _csv(tmp_path, "id,image,year\n" + "\n".join(rows) + "\n")
    source = open_source(path)
    rejected = [entry for entry in source.entries() if isinstance(entry, Rejection)]
    assert source.attributes == {"year": FieldType.INTEGER}
    assert [(one.row, one.id, one.field, one.kind) for one in rejected] == [
        (1202, "1200", "year", "invalid-item")
    ]
    assert "'unknown'" in rejected[0].reason


def test_types_can_be_declared(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,image,year\n1,a.jpg,2011\n")
    source = open_source(path, ColumnMapping(fields={"year": FieldType.KEYWORD}))
    assert candidates(source)[0].item.attributes == {"year": "2011"}


def test_a_declared_field_without_a_column_is_refused(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,image,year\n1,a.jpg,2011\n")
    with pytest.raises(SourceError, match=r"no column for the field 'colour'.*year"):
        open_source(path, ColumnMapping(fields={"colour": FieldType.KEYWORD}))


def test_the_collections_types_win_over_inferred_ones(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,image,size\n1,a.jpg,42\n")
    schema = Schema({"size": FieldType.KEYWORD, "other": FieldType.BOOL})
    assert open_source(path, schema=schema).attributes == {"size": FieldType.KEYWORD}


def test_ignored_columns_are_left_out(tmp_path: Path) -> None:
    path = _csv(tmp_path, "id,image,cost\n1,a.jpg,3\n")
    assert open_source(path, ColumnMapping(ignore=frozenset({"cost"}))).attributes == {}


@pytest.mark.parametrize(
    ("cell", "separator", "tags"),
    [
        ("a|b, c", None, ("a", "b, c")),
        ("a; b;;a", None, ("a", "b")),
        ("a, b", None, ("a", "b")),
        ("a b", " ", ("a", "b")),
        ("", None, ()),
    ],
)
def test_tags_are_parted_by_the_first_usual_separator(
    tmp_path: Path, cell: str, separator: str | None, tags: tuple[str, ...]
) -> None:
    path = _csv(tmp_path, f'id,image,tags\n1,a.jpg,"{cell}"\n')
    source = open_source(path, ColumnMapping(tag_separator=separator))
    assert candidates(source)[0].item.tags == tags


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (",a.jpg,,", "id"),
        ("1,,,", "image"),
        ("1,ftp://a.example/1.jpg,,", "image"),
        ("1,a.jpg,hidden,", "visibility"),
        ("1,a.jpg,,yesterday", "uploaded_at"),
        (f"{'x' * 600},a.jpg,,", "id"),
        ("1,data:image/png;base64;????,,", "image"),
    ],
)
def test_a_bad_cell_rejects_the_row_and_names_the_field(
    tmp_path: Path, row: str, field: str
) -> None:
    path = _csv(tmp_path, f"id,image,visibility,uploaded_at\n{row}\n2,b.jpg,,\n")
    rejection, good = open_source(path).entries()
    assert isinstance(rejection, Rejection)
    assert (rejection.row, rejection.field) == (2, field)
    assert isinstance(good, Candidate)


def test_cells_that_are_not_utf8_reject_their_row_only(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_bytes(b"id,image,title\n1,a.jpg,caf\xe9\n2,b.jpg,ok\n")
    rejection, good = open_source(path).entries()
    assert isinstance(rejection, Rejection)
    assert "not UTF-8" in rejection.reason
    assert isinstance(good, Candidate)


def test_without_an_id_column_the_image_path_is_the_id_and_that_is_told(tmp_path: Path) -> None:
    source = open_source(_csv(tmp_path, "image\nshoes/1.jpg\n"))
    assert candidates(source)[0].item.id == "shoes/1.jpg"
    assert any("no id column" in note for note in source.notes)


def test_without_an_id_column_bytes_are_named_by_their_hash(tmp_path: Path) -> None:
    source = open_source(_parquet(tmp_path, [{"image": b"abc"}]))
    assert candidates(source)[0].item.id == f"sha256-{hashlib.sha256(b'abc').hexdigest()[:32]}"


def test_several_files_of_one_kind_are_one_source(tmp_path: Path) -> None:
    _csv(tmp_path, "id,image\n1,a.jpg\n", "1.csv")
    _csv(tmp_path, "image,id\nb.jpg,2\n", "2.csv")
    found = candidates(open_source(f"{tmp_path}/*.csv"))
    assert [(one.item.id, Path(one.source).name) for one in found] == [
        ("1", "1.csv"),
        ("2", "2.csv"),
    ]


def test_files_with_other_columns_are_no_one_source(tmp_path: Path) -> None:
    _csv(tmp_path, "id,image\n1,a.jpg\n", "1.csv")
    _csv(tmp_path, "id,photo\n1,a.jpg\n", "2.csv")
    with pytest.raises(SourceError, match="other columns"):
        open_source(f"{tmp_path}/*.csv")


def test_a_source_gives_the_same_items_every_time(tmp_path: Path) -> None:
    source = open_source(_csv(tmp_path, "id,image,year\n1,a.jpg,2011\n2,b.jpg,2012\n"))
    assert candidates(source) == candidates(source)
