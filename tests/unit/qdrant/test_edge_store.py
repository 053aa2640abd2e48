"""What only the embedded store promises: files that survive, space, quantization, threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from core.errors import CollectionNotFound, StorageFull, StoreError, StoreUnavailable
from qdrant import edge_generation, generation_folder
from qdrant.edge import EdgeStore
from qdrant.store import (
    JOINT,
    TEXT,
    CollectionConfig,
    Generation,
    Point,
    Quantization,
    SparseVector,
    VectorQuery,
)
from tests.contract.samples import SCHEMA, config, numbered, point, vector


def _shop(store: EdgeStore) -> Generation:
    generation = store.create("shop", config())
    generation.upsert(numbered(10))
    store.publish("shop", generation.name)
    return generation


def test_a_collection_outlives_its_store(root: Path, store: EdgeStore) -> None:
    _shop(store)
    store.close()
    reopened = EdgeStore(root)
    info = reopened.info("shop")
    assert (info.count, info.config) == (10, config())
    assert info.bytes_on_disk
    assert reopened.open("shop").query(VectorQuery(vector(3), limit=1))[0].id == "n3"
    reopened.close()


def test_every_field_is_indexed_from_the_start(store: EdgeStore) -> None:
    generation = store.create("shop", config())
    assert isinstance(generation, edge_generation.EdgeGeneration)
    assert generation.indexed_fields() == set(SCHEMA.fields)


def test_what_is_being_built_is_indexed_at_the_end_or_where_it_is_published_without(
    store: EdgeStore,
) -> None:
    building = store.create("shop", config(), building=True)
    building.upsert(numbered(3))
    assert isinstance(building, edge_generation.EdgeGeneration)
    assert building.indexed_fields() == set()
    building.close()
    resumed = store.open("shop", building.name)
    assert isinstance(resumed, edge_generation.EdgeGeneration)
    assert resumed.indexed_fields() == set()
    resumed.close()
    store.publish("shop", building.name)
    published = store.open("shop")
    assert isinstance(published, edge_generation.EdgeGeneration)
    assert published.indexed_fields() == set(SCHEMA.fields)
    other = store.create("shop", config(), building=True)
    other.upsert(numbered(3))
    other.compact()
    assert isinstance(other, edge_generation.EdgeGeneration)
    assert other.indexed_fields() == set(SCHEMA.fields)


def test_other_files_in_the_root_are_no_collections(root: Path, store: EdgeStore) -> None:
    _shop(store)
    (root / "notes.txt").write_text("x")
    (root / "empty").mkdir()
    assert store.collections() == ["shop"]


def test_a_creation_that_was_cut_off_leaves_no_generation(root: Path, store: EdgeStore) -> None:
    _shop(store)
    (root / "shop" / "generations" / "g000002" / "shard").mkdir(parents=True)
    assert store.info("shop").generations == ("g000001",)
    assert store.unpublished("shop") == []
    assert store.create("shop", config()).name == "g000003"
    assert store.prune("shop") == ["g000002"]


def test_a_damaged_pointer_is_a_clear_error(root: Path, store: EdgeStore) -> None:
    _shop(store)
    (root / "shop" / "current.json").write_text("{")
    with pytest.raises(StoreError, match=r"current\.json is damaged"):
        store.open("shop")


def test_a_generation_of_a_later_format_is_refused(root: Path, store: EdgeStore) -> None:
    _shop(store).close()
    file = root / "shop" / "generations" / "g000001" / "config.json"
    file.write_text(file.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(StoreError, match="later Binocle"):
        store.open("shop")


def test_writing_stops_before_the_disk_is_full(
    store: EdgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = _shop(store)
    monkeypatch.setattr(generation_folder, "SPARE_BYTES", 2**62)
    for call in (
        lambda: generation.upsert([point("a")]),
        lambda: generation.set_payload("n1", {}),
        generation.compact,
        lambda: store.create("shop", config()),
    ):
        with pytest.raises(StorageFull, match="MiB left"):
            call()
    assert generation.count() == 10
    assert store.unpublished("shop") == []


def test_opening_stops_before_the_disk_is_full(
    root: Path, store: EdgeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _shop(store).close()
    monkeypatch.setattr(generation_folder, "OPENING_BYTES", 2**62)
    with pytest.raises(StorageFull, match="opening"):
        store.open("shop")
    monkeypatch.undo()
    assert store.open("shop").count() == 10


@pytest.mark.parametrize("quantization", get_args(Quantization))
def test_every_quantization_finds_what_it_should_after_compacting(
    store: EdgeStore, quantization: Quantization
) -> None:
    dim, count = 256, 600
    made = CollectionConfig("compact", "f", {"joint": dim}, SCHEMA, quantization)
    generation = store.create("shop", made)
    generation.upsert([_wide(i, dim) for i in range(count)])
    generation.compact()
    found = [generation.query(VectorQuery(vector(i, dim), limit=1))[0] for i in range(20)]
    assert [each.id for each in found] == [f"n{i}" for i in range(20)]
    assert all(each.score == pytest.approx(1, abs=1e-5) for each in found)  # from full vectors
    generation.upsert([_wide(count, dim)])
    assert generation.query(VectorQuery(vector(count, dim), limit=1))[0].id == f"n{count}"


def _wide(number: int, dim: int) -> Point:
    return Point(f"n{number}", {"joint": vector(number, dim)}, {"stock": number})


def test_reading_goes_on_while_others_write_and_until_the_handle_is_closed(
    store: EdgeStore,
) -> None:
    generation = _shop(store)
    failures: list[BaseException] = []
    reading = threading.Event()

    def repeat(call: Callable[[], object]) -> None:
        try:
            while True:
                call()
                reading.set()
        except StoreUnavailable:
            pass  # closed, as it will be
        except BaseException as error:  # a thread has no other way to tell
            failures.append(error)

    threads = [
        threading.Thread(target=repeat, args=(call,))
        for call in (
            lambda: generation.query(VectorQuery(vector(1), limit=5)),
            lambda: generation.scroll(limit=5),
            lambda: generation.upsert(numbered(20)),
            lambda: generation.delete(["n3", "n4"]),
        )
    ]
    for thread in threads:
        thread.start()
    reading.wait()
    for _ in range(20):
        generation.count()
    generation.close()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.open("shop").count() in (8, 18, 20)


def test_a_store_without_a_folder_has_no_collections(tmp_path: Path) -> None:
    store = EdgeStore(tmp_path / "missing")
    assert store.collections() == []
    with pytest.raises(CollectionNotFound):
        store.open("shop")
    assert not (tmp_path / "missing").exists()


def test_items_in_the_graph_are_counted_whatever_other_vectors_they_have(store: EdgeStore) -> None:
    """12 MB of vectors, from which on the engine makes a graph; its own count is of all vectors."""
    built = replace(config(), vectors={JOINT: 1024}, sparse=(TEXT,))
    generation = store.create("shop", built)
    words = {TEXT: SparseVector((1,), (1.0,))}
    points = [
        Point(f"n{n}", {JOINT: vector(n, 1024)}, {}, words if n % 2 else {}) for n in range(3_010)
    ]
    generation.upsert(points[:3_000])
    store.publish("shop", generation.name)
    assert sizes(store) == (3_000, 0)
    generation.compact()
    assert sizes(store) == (3_000, 3_000)
    generation.upsert(points[3_000:])
    assert sizes(store) == (3_010, 3_000)
    generation.close()
    assert sizes(store) == (3_010, 3_000)


def sizes(store: EdgeStore) -> tuple[int, int]:
    info = store.info("shop")
    return info.count, info.indexed_vectors
