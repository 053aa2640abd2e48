"""Exports as they really come: what is bad in them is refused alone, with row, id and reason."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import InvalidItem, SourceError
from core.fields import FieldType
from encoders.bundle import BundleEncoder
from ingestion.load import Task, load
from ingestion.mapping import ColumnMapping
from ingestion.rejects import Rejection
from ingestion.sources.cells import image
from ingestion.sources.opening import open_source
from ingestion.sources.place import Place
from ingestion.sources.source import Candidate
from tests.loads import SMALL, candidates, new_generation, write_pictures


def _entries(path: Path, **mapping: Any) -> tuple[list[Candidate], list[Rejection]]:
    found = list(open_source(path, ColumnMapping(**mapping)).entries())
    good = [entry for entry in found if isinstance(entry, Candidate)]
    return good, [entry for entry in found if isinstance(entry, Rejection)]


def _csv(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "c.csv"
    path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
    return path


def _jsonl(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path = folder / "c.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_latin_1_is_read_where_it_is_declared_and_refused_row_by_row_where_not(
    tmp_path: Path,
) -> None:
    path = _csv(tmp_path, "id,image,title", "1,a.jpg,Café", "2,b.jpg,Tea", encoding="latin-1")
    good, bad = _entries(path)
    assert [entry.item.id for entry in good] == ["2"]
    assert (bad[0].row, bad[0].id, bad[0].field) == (2, "1", "title")
    assert "not UTF-8" in bad[0].reason
    good, bad = _entries(path, encoding="latin-1")
    assert (good[0].item.title, bad) == ("Café", [])


def test_an_encoding_that_there_is_not_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no encoding 'latin-99'"):
        open_source(_csv(tmp_path, "id,image", "1,a"), ColumnMapping(encoding="latin-99"))


@pytest.mark.parametrize(
    "broken", ['2,b.jpg,"a lamp', '2,b.jpg,"a "lamp" 5', '2,b.jpg,"a" lamp,more']
)
def test_a_row_with_broken_quotes_is_refused_alone(tmp_path: Path, broken: str) -> None:
    path = _csv(tmp_path, "id,image,title", '1,a.jpg,"A, b"', broken, "3,c.jpg,Third", "4,d.jpg,x")
    good, bad = _entries(path)
    assert [entry.item.id for entry in good if entry.item.id != "2"] == ["1", "3", "4"]
    assert [rejection.row for rejection in bad] == ([3] if len(good) == 3 else [])
    assert good[0].item.title == "A, b"


def test_an_id_of_ten_thousand_characters_is_refused(tmp_path: Path) -> None:
    path = _jsonl(tmp_path, [{"id": "x" * 10_000, "image": "a"}, {"id": "y", "image": "b"}])
    good, (bad,) = _entries(path)
    assert [entry.item.id for entry in good] == ["y"]
    assert (bad.row, bad.field) == (1, "id")
    assert "10,000 characters; 512" in bad.reason


@pytest.mark.parametrize("id_", ["a\u0000b", "tab\there", "", "   ", None])
def test_an_id_that_can_be_none_is_refused(tmp_path: Path, id_: str | None) -> None:
    rows = [{"id": "first", "image": "a"}, {"id": id_, "image": "b"}]
    good, (bad,) = _entries(_jsonl(tmp_path, rows))
    assert [entry.item.id for entry in good] == ["first"]
    assert bad.field == "id"


def test_timestamps_may_come_in_several_forms_of_one_column(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        "id,image,uploaded_at,seen",
        "1,a,2026-01-31T12:00:00+02:00,31.01.2026",
        "2,b,1769853600,2026/01/31",
        "3,c,1769853600000,2026-01-31 10:00:00",
        "4,d,31/01/26 10h,2026-01-31",
        "5,e,yesterday,2026-01-31",
    )
    good, (bad,) = _entries(path, datetime_format="%d/%m/%y %Hh")
    moments = [entry.item.uploaded_at for entry in good]
    assert {str(moment) for moment in moments} == {"2026-01-31 10:00:00+00:00"}
    assert {str(entry.item.attributes["seen"])[:10] for entry in good} == {"2026-01-31"}
    assert (bad.row, bad.id, bad.field) == (6, "5", "uploaded_at")


@pytest.mark.parametrize("moment", [1769853600, 1769853600000, 1769853600000000, 17698536 * 10**11])
@pytest.mark.parametrize("kind", [int, str])
def test_seconds_and_parts_of_them_since_1970_are_told_apart_in_any_format(
    tmp_path: Path, moment: int, kind: type[int] | type[str]
) -> None:
    rows = [{"id": "1", "image": "a", "uploaded_at": kind(moment), "seen": kind(moment)}]
    good, bad = _entries(_jsonl(tmp_path, rows), fields={"seen": FieldType.DATETIME})
    assert not bad
    assert str(good[0].item.uploaded_at) == "2026-01-31 10:00:00+00:00"
    assert good[0].item.attributes == {"seen": "2026-01-31T10:00:00Z"}


def test_a_catalog_from_the_web_cannot_name_files_of_this_machine(tmp_path: Path) -> None:
    for address in ("https://shop.example/c.csv", "hf://datasets/a/b@x/c.parquet"):
        with pytest.raises(InvalidItem, match="can't name files of this machine"):
            image("file:///etc/x.png", Place(address))
    assert image("file:///x.png", Place(str(tmp_path / "c.csv"))).path == Path("/x.png")


def test_a_price_that_is_not_a_number_is_absent_and_one_that_is_infinite_is_refused(
    tmp_path: Path,
) -> None:
    table = pa.table({"id": ["1", "2", "3"], "image": ["a", "b", "c"],
                      "price": [1.5, float("nan"), float("inf")]})  # fmt: skip
    pq.write_table(table, tmp_path / "c.parquet")
    good, (bad,) = _entries(tmp_path / "c.parquet")
    assert [entry.item.attributes for entry in good] == [{"price": 1.5}, {}]
    assert (bad.id, bad.field) == ("3", "price")
    assert bad.reason.endswith("It is not finite.")
    words = _csv(tmp_path, "id,image,price", "1,a,1.5", "2,b,NaN", "3,c,n/a")
    good, (bad,) = _entries(words, fields={"price": FieldType.FLOAT})
    assert [entry.item.attributes for entry in good] == [{"price": 1.5}, {}]
    assert (bad.id, bad.field) == ("3", "price")


def test_nested_and_binary_columns_are_left_out_and_told(tmp_path: Path) -> None:
    rows = [{"id": "1", "image": "a", "raw": b"\x00", "size": {"w": 1}, "grid": [[1], [2]]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    source = open_source(tmp_path / "c.parquet")
    assert source.attributes == {}
    told = " ".join(source.notes)
    assert all(f"Column '{name}' holds bytes or nested" in told for name in ("raw", "size", "grid"))
    assert candidates(source)[0].item.attributes == {}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<b>Red</b> lamp", "Red lamp"),
        ("Red<br>lamp", "Red lamp"),
        ("Fish &amp; chips &#233;", "Fish & chips é"),
        ("<script>alert(1)</script>Lamp", "Lamp"),
        ("<style>p{}</style><p>Lamp", "Lamp"),
        ("a < b and c > d", "a < b and c > d"),
        ("5 <3 you", "5 <3 you"),
    ],
)
def test_html_in_a_title_is_read_as_a_browser_would(tmp_path: Path, given: str, shown: str) -> None:
    path = _jsonl(tmp_path, [{"id": "1", "image": "a", "title": given, "description": given}])
    item = _entries(path)[0][0].item
    assert (item.title, item.description) == (shown, shown)
    assert _entries(path, html="keep")[0][0].item.title == given


def _shard(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.parametrize("name", ["../../etc/x.png", "/etc/x.png", "a/../../x.png", "..\\x.png"])
def test_an_archives_names_lead_nowhere(tmp_path: Path, name: str) -> None:
    shard = _shard(tmp_path / "s.tar", **{"good.png": b"1", name: b"2"})
    good, (bad,) = _entries(shard)
    assert [entry.item.id for entry in good] == ["good"]
    assert "leads out of it" in bad.reason


def test_links_and_devices_in_an_archive_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name, kind in (("a.png", tarfile.SYMTYPE), ("b.png", tarfile.CHRTYPE)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        entry = tarfile.TarInfo("c.png")
        entry.size = 1
        archive.addfile(entry, io.BytesIO(b"1"))
    good, bad = _entries(tmp_path / "s.tar")
    assert ([entry.item.id for entry in good], len(bad)) == (["c"], 2)


def test_a_damaged_archive_is_told_with_where(tmp_path: Path) -> None:
    shard = _shard(tmp_path / "s.tar", **{f"{n}.png": bytes(2000) for n in range(3)})
    shard.write_bytes(shard.read_bytes()[:4000])
    with pytest.raises(SourceError, match="damaged after sample"):
        open_source(shard)


def test_a_damaged_packed_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "c.csv.gz").write_bytes(b"\x1f\x8b\x08broken")
    with pytest.raises(SourceError, match="is damaged"):
        open_source(tmp_path / "c.csv.gz")


def test_content_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, tiny_encoder: BundleEncoder
) -> None:
    write_pictures(tmp_path, good="red")
    (tmp_path / "page.png").write_text("<html><body>Not found</body></html>")
    (tmp_path / "zip.png").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "empty.png").write_bytes(b"")
    report = load(
        Task(open_source(tmp_path), new_generation(tiny_encoder), tiny_encoder, pace=SMALL)
    )
    assert (report.indexed, report.rejects_by_kind) == (1, {"image-unreadable": 3})


@pytest.mark.parametrize("place", ["a.png\0b", "file:///a%00b.png"])
def test_a_null_character_in_a_path_refuses_its_row_and_not_the_load(
    tmp_path: Path, tiny_encoder: BundleEncoder, place: str
) -> None:
    write_pictures(tmp_path, good="red")
    rows = [{"id": "1", "image": place}, {"id": "2", "image": "good.png"}]
    generation = new_generation(tiny_encoder)
    source = open_source(_jsonl(tmp_path, rows))
    for _ in range(2):  # also where the collection holds something to compare with
        report = load(Task(source, generation, tiny_encoder, pace=SMALL))
        assert (report.complete, report.rejected) == (True, 1)
    assert list(generation.ids()) == ["2"]


@pytest.mark.parametrize(
    "place", ["ftp://host/a.png", "gopher://x", "data:image/png,raw", "data:;base64,@@"]
)
def test_an_image_at_an_unknown_kind_of_place_is_refused(tmp_path: Path, place: str) -> None:
    _, (bad,) = _entries(_jsonl(tmp_path, [{"id": "1", "image": place}]))
    assert (bad.id, bad.field) == ("1", "image")
