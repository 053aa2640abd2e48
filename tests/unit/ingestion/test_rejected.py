"""Rejects that were mended, and those that were not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion.rejects import DUPLICATE_ID, Rejection
from ingestion.sources.opening import open_source
from ingestion.sources.source import Candidate


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
