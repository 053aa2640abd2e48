"""CSV as spreadsheets and old systems save it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from core.errors import SourceError
from core.fields import FieldType
from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from tests.loads import candidates


def _file(folder: Path, data: bytes) -> Path:
    (folder / "c.csv").write_bytes(data)
    return folder / "c.csv"


def test_the_separator_that_excel_writes_above_the_headings_counts(tmp_path: Path) -> None:
    path = _file(tmp_path, b'sep=;\r\nid;image;"Cost, EUR"\r\n1;a.jpg;5\r\n')
    (one,) = candidates(open_source(path))
    assert (one.row, one.item.id, dict(one.item.attributes)) == (3, "1", {"cost_eur": 5})


def test_separators_within_quoted_headings_do_not_count(tmp_path: Path) -> None:
    path = _file(tmp_path, b'id;image;"a, b, c"\n1;a.jpg;x\n')
    assert open_source(path).attributes.keys() == {"a_b_c"}


def test_rows_without_any_value_do_not_count(tmp_path: Path) -> None:
    """Spreadsheets leave hundreds of them at the end; as rejects they would hold back `--sync`."""
    path = _file(tmp_path, b"id,image,title\n1,a.jpg,x\n,,\n   \n\n2,b.jpg,y\n , ,\n")
    found = list(open_source(path).entries())
    assert [entry.row for entry in found if isinstance(entry, Candidate)] == [2, 6]
    assert not any(isinstance(entry, Rejection) for entry in found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "UTF8"])
def test_a_mark_is_no_part_of_the_heading_though_the_encoding_is_named(
    tmp_path: Path, encoding: str
) -> None:
    path = _file(tmp_path, b"\xef\xbb\xbfsku,image\n1,a.jpg\n")
    source = open_source(path, ColumnMapping(id="sku", encoding=encoding))
    assert candidates(source)[0].item.id == "1"


@pytest.mark.parametrize(
    ("encoding", "odd"), [("cp1252", b"\x81"), ("shift_jis", b"\x81\xad"), ("ascii", b"\xe9")]
)
def test_bytes_that_the_named_encoding_does_not_know_reject_their_row(
    tmp_path: Path, encoding: str, odd: bytes
) -> None:
    path = _file(tmp_path, b"id,image,title\n1,a.jpg,x" + odd + b"\n2,b.jpg,y\n")
    bad, good = open_source(path, ColumnMapping(encoding=encoding)).entries()
    assert isinstance(bad, Rejection)
    assert (bad.row, bad.id, bad.field) == (2, "1", "title")
    assert "--encoding" in bad.reason
    assert isinstance(good, Candidate)


def test_headings_in_another_encoding_are_told_with_what_to_do(tmp_path: Path) -> None:
    path = _file(tmp_path, "id,image,Größe\n1,a.jpg,5\n".encode("latin-1"))
    with pytest.raises(SourceError, match=r"headings .* not UTF-8.*Gr\\xF6\\xDFe") as told:
        open_source(path)
    assert "--encoding" in told.value.hint
    found = candidates(open_source(path, ColumnMapping(encoding="latin-1")))
    assert dict(found[0].item.attributes) == {"gr_e": 5}


def test_utf_16_without_a_mark_is_told_and_read_where_it_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path, "id,image\n1,a.jpg\n".encode("utf-16-le"))
    with pytest.raises(SourceError, match="null characters") as told:
        open_source(path)
    assert "\0" not in str(told.value)
    assert "--encoding utf-16-le" in told.value.hint
    assert candidates(open_source(path, ColumnMapping(encoding="utf-16-le")))[0].item.id == "1"


def test_a_decimal_comma_is_told_and_read_where_the_mapping_says_so(tmp_path: Path) -> None:
    rows = (b"1;a.jpg;12,50;1.200;007", b"2;b.jpg;1.299,00;3;008", b"3;c.jpg;7;-1.000.000;1,5x")
    path = _file(tmp_path, b"id;image;price;stock;code\n" + b"\n".join(rows) + b"\n")
    plain = open_source(path)
    assert plain.attributes["price"] is FieldType.KEYWORD
    assert any("'price'" in note and 'decimal: ","' in note for note in plain.notes)
    source = open_source(path, ColumnMapping(decimal=","))
    assert not source.notes
    assert [dict(each.item.attributes) for each in candidates(source)] == [
        {"price": 12.5, "stock": 1200, "code": "007"},
        {"price": 1299.0, "stock": 3, "code": "008"},
        {"price": 7.0, "stock": -1_000_000, "code": "1,5x"},
    ]


def test_numbers_with_a_point_are_not_taken_for_thousands_by_default(tmp_path: Path) -> None:
    source = open_source(_file(tmp_path, b"id,image,price\n1,a.jpg,1.200\n2,b.jpg,2.5\n"))
    assert [each.item.attributes["price"] for each in candidates(source)] == [1.2, 2.5]


def test_an_image_as_a_data_url_in_a_cell_may_be_long(tmp_path: Path) -> None:
    image = bytes(300_000)
    data = base64.b64encode(image)
    path = _file(tmp_path, b'id,image\n1,"data:image/png;base64,' + data + b'"\n')
    assert candidates(open_source(path))[0].item.image.data == image


def test_quotes_that_are_never_closed_do_not_make_a_long_file_endless(tmp_path: Path) -> None:
    rows = b"".join(b'%d,a.jpg,"open\n' % n if n % 2 else b"%d,a.jpg,x\n" % n for n in range(40))
    path = _file(tmp_path, b"id,image,title\n" + rows + b"9999,a.jpg,x\n" * 6_000)
    found = list(open_source(path).entries())
    good = [entry.item.id for entry in found if isinstance(entry, Candidate)]
    assert (len(found), len(good), good[0]) == (6_040, 6_020, "0")


def test_a_file_whose_rows_are_all_broken_is_told_with_the_first(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no row that can be read\. Row 2: .* 3 cells"):
        open_source(_file(tmp_path, b"id,image\n1,a.jpg,x\n2,b.jpg,y\n"))
