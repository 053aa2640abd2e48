"""Catalogs that carry their images: what is in memory at a time does not grow with them."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.items import ImageSource, Item
from encoders.bundle import BundleEncoder
from ingestion.intake import Intake
from ingestion.load import Task, load
from ingestion.rejects import RejectsFile
from ingestion.resuming import SeenIds
from ingestion.sources.opening import open_source
from tests.loads import SMALL, Listed, items_of, new_generation


def test_types_are_inferred_without_holding_the_images(tmp_path: Path) -> None:
    rows, size = 500, 2**18
    table = pa.table({"id": [str(n) for n in range(rows)], "image": [bytes(size)] * rows})
    pq.write_table(table, tmp_path / "c.parquet")
    del table
    tracemalloc.start()
    open_source(tmp_path / "c.parquet")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows * size / 3


def test_of_large_images_fewer_are_looked_up_at_once(tiny_encoder: BundleEncoder) -> None:
    generation = new_generation(tiny_encoder)
    load(Task(Listed(items_of(1)), generation, tiny_encoder, pace=SMALL))
    read: list[int] = []
    large = bytes(2**23)
    source = Listed([Item(f"n{n}", ImageSource(data=large)) for n in range(30)], at=read.append)
    intake = Intake(
        source,
        generation,
        None,
        rejects=RejectsFile(None),
        seen=SeenIds(),
        renew=lambda wanted: [],
        stop=threading.Event(),
    )
    wanted = intake.wanted()
    next(wanted)
    assert max(read) < 15
    assert sum(1 for _ in wanted) == 29
