"""One catalog in every format that there is a reader for: always the same collection."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from encoders.bundle import BundleEncoder
from ingestion.load import Task, load
from ingestion.mapping import ColumnMapping
from ingestion.payload import IMAGE, ITEM
from ingestion.sources.collection import CollectionSource
from ingestion.sources.opening import open_source
from ingestion.sources.source import Source
from qdrant.store import Generation
from tests.loads import SMALL, new_generation, write_pictures

_COLOURS = ("red", "green", "blue", "yellow", "pink")
_ROWS: list[dict[str, Any]] = [
    {
        "id": f"p-{place}",
        "image": f"{colour}.png",
        "title": f"A {colour} thing, {place}",
        "tags": [colour, "thing"],
        "uploaded_at": f"2026-01-0{place + 1}T12:00:00Z",
        "price": place + 0.5,
        "stock": place,
        "sale": place % 2 == 0,
    }
    for place, colour in enumerate(_COLOURS)
]
Write = Callable[[Path], Source]


def _cells(delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(_ROWS[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows({**row, "tags": "|".join(row["tags"])} for row in _ROWS)
    return text.getvalue().encode()


def _lines() -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in _ROWS)


def _file(name: str, data: Callable[[], bytes], **options: Any) -> Write:
    def write(folder: Path) -> Source:
        (folder / name).write_bytes(data())
        return open_source(folder / name, **options)

    return write


def _with_bytes(folder: Path) -> pa.Table:
    rows = [{**row, "image": (folder / row["image"]).read_bytes()} for row in _ROWS]
    return pa.Table.from_pylist(rows)


def _parquet(folder: Path) -> Source:
    pq.write_table(pa.Table.from_pylist(_ROWS), folder / "a.parquet")
    return open_source(folder / "a.parquet")


def _parquet_folder(folder: Path) -> Source:
    whole = _with_bytes(folder)
    (parts := folder / "parts").mkdir()
    pq.write_table(whole.slice(0, 2), parts / "1.parquet")
    pq.write_table(whole.slice(2), parts / "2.parquet")
    return open_source(parts)


def _pattern(folder: Path) -> Source:
    lines = _lines().splitlines(keepends=True)
    (folder / "x1.jsonl").write_bytes(b"".join(lines[:3]))
    (folder / "x2.jsonl").write_bytes(b"".join(lines[3:]))
    return open_source(str(folder / "x*.jsonl"))


def _saved_data_set(folder: Path) -> Source:
    """As `save_to_disk` of Hugging Face's datasets leaves it."""
    table = _with_bytes(folder)
    (saved := folder / "saved").mkdir()
    with pa.ipc.new_stream(saved / "data-00000-of-00001.arrow", table.schema) as stream:
        stream.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    (saved / "state.json").write_text(json.dumps(state))
    (saved / "dataset_info.json").write_text(json.dumps({"features": {}}))
    return open_source(saved)


def _shards(folder: Path) -> Source:
    (shards := folder / "shards").mkdir()
    for number, part in enumerate((_ROWS[:2], _ROWS[2:])):
        with tarfile.open(shards / f"s-{number:05}.tar", "w") as archive:
            for row in part:
                said = {k: v for k, v in row.items() if k not in ("id", "image")}
                image = (folder / row["image"]).read_bytes()
                for ending, data in (("png", image), ("json", json.dumps(said).encode())):
                    entry = tarfile.TarInfo(f"{row['id']}.{ending}")
                    entry.size = len(data)
                    archive.addfile(entry, io.BytesIO(data))
    return open_source(shards)


def _feather(folder: Path) -> Source:
    table = _with_bytes(folder)
    with pa.ipc.new_file(folder / "a.feather", table.schema) as file:
        file.write_table(table, max_chunksize=2)
    return open_source(folder / "a.feather")


def _zipped(folder: Path) -> Source:
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("a.csv", _cells(","))
    return open_source(folder / "export.zip")


def _zipped_with_images(folder: Path) -> Source:
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.writestr("export/a.jsonl", _lines())
        for row in _ROWS:
            archive.write(folder / row["image"], f"export/{row['image']}")
            (folder / row["image"]).unlink()
    return open_source(f"zip://export/a.jsonl::{folder / 'export.zip'}")


def _object_store(folder: Path) -> Source:
    files = fsspec.filesystem("memory")
    files.pipe("/same/a.jsonl", _lines())
    for row in _ROWS:
        files.pipe(f"/same/{row['image']}", (folder / row["image"]).read_bytes())
    return open_source("memory://same/a.jsonl")


def _rejects(folder: Path) -> Source:
    marks = {"row": 1, "id": None, "field": None, "reason": "r", "kind": "k"}
    lines = [{**marks, "source": str(folder / "old.jsonl"), "record": row} for row in _ROWS]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return _file("rejects.jsonl", text.encode)(folder)


def _mapped(folder: Path) -> Source:
    renamed = [{f"c_{name}": value for name, value in row.items()} for row in _ROWS]
    pq.write_table(pa.Table.from_pylist(renamed), folder / "m.parquet")
    roles = {name: f"c_{name}" for name in ("id", "image", "title", "tags", "uploaded_at")}
    fields = {f"c_{name}": name for name in ("price", "stock", "sale")}
    return open_source(folder / "m.parquet", ColumnMapping(**roles, columns=fields))


_FORMATS: dict[str, Write] = {
    "csv": _file("a.csv", lambda: _cells(",")),
    "semicolons": _file("s.csv", lambda: _cells(";")),
    "utf-16": _file("u.csv", lambda: _cells(",").decode().encode("utf-16")),
    "byte-order mark": _file("b.csv", lambda: b"\xef\xbb\xbf" + _cells(",")),
    "tsv": _file("a.tsv", lambda: _cells("\t")),
    "csv.gz": _file("a.csv.gz", lambda: gzip.compress(_cells(","))),
    "jsonl": _file("a.jsonl", _lines),
    "ndjson.bz2": _file("a.ndjson.bz2", lambda: bz2.compress(_lines())),
    "jsonl.xz": _file("a.jsonl.xz", lambda: lzma.compress(_lines())),
    "jsonl.zst": _file("a.jsonl.zst", lambda: zstandard.compress(_lines())),
    "no ending": _file("export", _lines, format="jsonl"),
    "pattern": _pattern,
    "parquet": _parquet,
    "parquet folder": _parquet_folder,
    "saved data set": _saved_data_set,
    "tar shards": _shards,
    "object store": _object_store,
    "feather": _feather,
    "zip": _zipped,
    "zip with images": _zipped_with_images,
    "rejects": _rejects,
    "other columns": _mapped,
}


def _collected(source: Source, encoder: BundleEncoder) -> Generation:
    generation = new_generation(encoder, source.attributes)
    report = load(Task(source, generation, encoder, pace=SMALL))
    assert (report.indexed, report.rejected) == (len(_ROWS), 0)
    return generation


def _content(generation: Generation) -> dict[str, Any]:
    """All but where the image came from, which is each format's own."""
    points = generation.retrieve(list(generation.ids()), with_vectors=True)
    return {
        point.id: (
            {k: v for k, v in point.payload.items() if k not in (IMAGE, ITEM)},
            point.vectors["joint"].round(5).tolist(),
        )
        for point in points
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_pictures(tmp_path, **{colour: colour for colour in _COLOURS})


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory, tiny_encoder: BundleEncoder
) -> dict[str, Any]:
    folder = write_pictures(tmp_path_factory.mktemp("same"), **{c: c for c in _COLOURS})
    return _content(_collected(_FORMATS["jsonl"](folder), tiny_encoder))


@pytest.mark.parametrize("format", list(_FORMATS))
def test_every_format_gives_the_same_collection(
    folder: Path, tiny_encoder: BundleEncoder, expected: dict[str, Any], format: str
) -> None:
    source = _FORMATS[format](folder)
    assert {name: kind.value for name, kind in source.attributes.items()} == {
        "price": "float",
        "stock": "integer",
        "sale": "bool",
    }
    assert _content(_collected(source, tiny_encoder)) == expected


def test_so_does_standard_input(
    folder: Path,
    tiny_encoder: BundleEncoder,
    expected: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(_lines())))
    assert _content(_collected(open_source("-", format="jsonl"), tiny_encoder)) == expected


def test_so_does_another_collection(
    folder: Path, tiny_encoder: BundleEncoder, expected: dict[str, Any]
) -> None:
    with closing(_collected(_FORMATS["csv"](folder), tiny_encoder)) as other:

        def pages() -> Iterator[Any]:
            yield other.scroll(limit=3)[0]
            yield other.scroll(limit=3, after=other.scroll(limit=3)[1])[0]

        source = CollectionSource("x", other.config.schema, pages, lambda _: None, None)
        assert _content(_collected(source, tiny_encoder)) == expected


def test_a_list_of_links_takes_ids_and_titles_from_them(
    folder: Path, tiny_encoder: BundleEncoder
) -> None:
    (folder / "links.txt").write_text("# mine\nred.png\n\ngreen.png\n")
    generation = new_generation(tiny_encoder)
    load(Task(open_source(folder / "links.txt"), generation, tiny_encoder, pace=SMALL))
    assert {each.id: each.payload["title"] for each in generation.scroll()[0]} == {
        "red.png": "red",
        "green.png": "green",
    }
