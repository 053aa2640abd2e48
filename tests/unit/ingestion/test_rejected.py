"""Rejects that were mended, and those that were not."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from encoders.bundle import BundleEncoder
from ingestion.load import Task, load
from ingestion.payload import ITEM
from ingestion.rejects import DUPLICATE_ID, Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate
from qdrant.store import Generation
from tests.loads import SMALL, new_generation, reject_lines, write_pictures


def _replayed(folder: Path, record: dict[str, Any] | None, **marks: Any) -> Candidate | Rejection:
    line = {"row": 7, "id": "1", "field": "id", "reason": "r", "kind": DUPLICATE_ID, "source": None}
    other = {**line, "kind": "invalid-item", "record": {"sku": "z", "image": "z.jpg", "price": "9"}}
    lines = [{**line, **marks, "record": record}, other]
    (folder / "rejects.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    return next(iter(open_source(folder / "rejects.jsonl").entries()))


def test_a_repeated_id_that_still_is_one_is_rejected_again(tmp_path: Path) -> None:
    found = _replayed(tmp_path, {"sku": "1", "image": "a.jpg", "price": "2"})
    assert isinstance(found, Rejection)
    assert (found.kind, found.id, found.field) == (DUPLICATE_ID, "1", "id")
    assert found.record == {"sku": "1", "image": "a.jpg", "price": "2"}


@pytest.mark.parametrize("price", ["1", 1])
def test_a_repeated_id_that_was_mended_is_loaded_whatever_else_the_row_holds(
    tmp_path: Path, price: str | int
) -> None:
    """Another column may well hold what the id was."""
    found = _replayed(tmp_path, {"sku": "2", "image": "a.jpg", "price": price})
    assert isinstance(found, Candidate)
    assert (found.item.id, found.item.attributes["price"]) == ("2", 1)


def test_a_broken_line_without_a_record_is_rejected_again_with_what_it_was(tmp_path: Path) -> None:
    found = _replayed(tmp_path, None, id=None, kind="malformed-row", raw="1,a.jpg,5,6")
    assert isinstance(found, Rejection)
    assert (found.kind, found.raw) == ("malformed-row", "1,a.jpg,5,6")


def _csv(folder: Path, rows: list[dict[str, Any]]) -> Path:
    with (folder / "c.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "tags": "|".join(row["tags"])} for row in rows)
    return folder / "c.csv"


def _jsonl(folder: Path, rows: list[dict[str, Any]]) -> Path:
    lines = (json.dumps({**row, "added": str(row["added"])}) + "\n" for row in rows)
    (folder / "c.jsonl").write_text("".join(lines))
    return folder / "c.jsonl"


def _parquet(folder: Path, rows: list[dict[str, Any]]) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), folder / "c.parquet")
    return folder / "c.parquet"


def _parquet_with_bytes(folder: Path, rows: list[dict[str, Any]]) -> Path:
    held = [{**row, "image": (folder / row["image"]).read_bytes()} for row in rows]
    return _parquet(folder, held)


@pytest.mark.parametrize("write", [_csv, _jsonl, _parquet, _parquet_with_bytes])
def test_a_mended_record_is_loaded_as_if_it_had_never_been_wrong(
    tmp_path: Path, tiny_encoder: BundleEncoder, write: Callable[..., Path]
) -> None:
    """A replay has the types of the source, though JSON has fewer."""
    write_pictures(tmp_path, a="red", b="blue")
    good = [
        {
            "sku": f"{name}-1",
            "image": f"{name}.png",
            "tags": ["x", "y"],
            "code": f"00{place}",
            "price": place + 1.0,
            "stock": 10**12 + place,
            "added": datetime(2026, 1, 31, 12, tzinfo=UTC),
        }
        for place, name in enumerate("ab")
    ]
    whole = open_source(write(tmp_path, good))
    expected = new_generation(tiny_encoder, whole.attributes)
    load(Task(whole, expected, tiny_encoder, pace=SMALL))
    bad = [good[0], {**good[1], "price": float("inf")}]
    generation = new_generation(tiny_encoder, whole.attributes)
    source = open_source(write(tmp_path, bad), schema=generation.config.schema)
    rejects = tmp_path / "r.jsonl"
    load(Task(source, generation, tiny_encoder, rejects=rejects, pace=SMALL))
    (line,) = reject_lines(rejects)
    assert (line["id"], line["field"]) == ("b-1", "price")
    line["record"]["price"] = 2.0
    rejects.write_text(json.dumps(line))
    mended = open_source(rejects, schema=generation.config.schema)
    report = load(Task(mended, generation, tiny_encoder, pace=SMALL))
    assert (report.indexed, report.rejected) == (1, 0)

    def content(held: Generation) -> dict[str, Any]:
        return {
            point.id: {k: v for k, v in point.payload.items() if k != ITEM}
            for point in held.retrieve(["a-1", "b-1"])
        }

    assert content(generation) == content(expected)
