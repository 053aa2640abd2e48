"""Data sets of the Hugging Face hub, through its own library, from a stand-in of the hub."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fake_hub import fake_hub

pytest.importorskip("huggingface_hub", reason="pip install 'binocle[hub]'")

_READ = """
import json, sys
from core.errors import SourceError
from ingestion.sources.opening import open_source
for address in sys.argv[1:]:
    try:
        found = [
            (each.item.id, each.item.image.data.decode(), dict(each.item.attributes))
            for each in open_source(address).entries()
        ]
    except SourceError as error:
        found = [error.message, error.hint]
    print(json.dumps(found))
"""


def _parquet(*rows: tuple[str, int]) -> bytes:
    features = {"kind": {"names": ["shoe", "hat"], "_type": "ClassLabel"}}
    table = pa.table(
        {
            "id": [name for name, _ in rows],
            "image": [{"bytes": name.encode(), "path": "0.jpg"} for name, _ in rows],
            "kind": [kind for _, kind in rows],
        }
    ).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, out := io.BytesIO())
    return out.getvalue()


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    files = {
        "plain/train/0000.parquet": _parquet(("a", 0)),
        "plain/train/0001.parquet": _parquet(("b", 1)),
        "plain/test/0000.parquet": _parquet(("c", 1)),
        "large/train/0000.parquet": _parquet(("d", 1)),
        "README.md": b"",
    }
    with fake_hub("acme/shoes", files) as address:
        yield address


def _read(hub: str, folder: Path, *addresses: str) -> list[Any]:
    """In a process of its own, as the library takes the hub's address when it is imported."""
    env = {**os.environ, "HF_ENDPOINT": hub, "HF_HUB_OFFLINE": "0", "HF_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", _READ, *addresses],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_data_set_is_read_by_its_name_and_part_with_the_names_of_its_classes(
    hub: str, tmp_path: Path
) -> None:
    whole, test, vague, none, away = _read(
        hub,
        tmp_path,
        "hf:acme/shoes#plain",
        "hf:acme/shoes#plain/test",
        "hf:acme/shoes",
        "hf:acme/shoes#nope",
        "hf:acme/none",
    )
    assert sorted(whole) == [
        ["a", "a", {"kind": "shoe"}],
        ["b", "b", {"kind": "hat"}],
        ["c", "c", {"kind": "hat"}],
    ]
    assert test == [["c", "c", {"kind": "hat"}]]
    assert "more than one data set" in vague[0]
    assert "large/train, plain/test, plain/train" in vague[1]
    assert "is not there" in none[0]
    assert "'acme/none' can't be had from the Hugging Face hub" in away[0]
