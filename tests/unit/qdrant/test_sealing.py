"""Segments that are full are indexed before more is written, except where searches are answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.fields import FieldType, Schema
from core.filters import Range
from qdrant.edge import EdgeStore
from qdrant.edge_generation import EdgeGeneration
from qdrant.store import JOINT, CollectionConfig, Generation, Point, VectorQuery
from tests.contract.samples import vector

_DIM = 8192  # so that a few hundred points are more than the engine compares without a graph
_FULL = 400
_CONFIG = CollectionConfig(
    "compact", "f" * 64, {JOINT: _DIM}, Schema({"stock": FieldType.INTEGER}), quantization="none"
)


@pytest.fixture
def sealing(root: Path) -> Iterator[EdgeStore]:
    with closing(EdgeStore(root, segment_points=_FULL)) as store:
        yield store


def _points(start: int, end: int) -> list[Point]:
    return [Point(f"n{n}", {JOINT: vector(n, _DIM)}, {"stock": n}) for n in range(start, end)]


def _write(generation: Generation, end: int, start: int = 0, batch: int = 100) -> None:
    for first in range(start, end, batch):
        generation.upsert(_points(first, min(end, first + batch)))


def _indexed(store: EdgeStore) -> int:
    return store.info("shop").indexed_vectors


def test_a_full_segment_is_indexed_before_more_is_written(sealing: EdgeStore) -> None:
    generation = sealing.create("shop", _CONFIG)
    sealing.publish("shop", generation.name)
    _write(generation, _FULL)
    assert _indexed(sealing) == 0
    _write(generation, _FULL + 100, start=_FULL)
    assert _indexed(sealing) == _FULL


def test_full_segments_stay_as_they_are_when_all_is_indexed(sealing: EdgeStore) -> None:
    generation = sealing.create("shop", _CONFIG)
    sealing.publish("shop", generation.name)
    _write(generation, 3 * _FULL)
    generation.compact()
    assert _indexed(sealing) == 3 * _FULL
    shard = sealing._open[next(iter(sealing._open))][0].shard
    assert shard.segments() == 3 + 1  # and one for what comes next


def test_all_points_are_found_wherever_they_lie(sealing: EdgeStore) -> None:
    generation = sealing.create("shop", _CONFIG)
    _write(generation, 2 * _FULL + 50)
    for n in (0, _FULL, 2 * _FULL + 49):
        assert generation.query(VectorQuery(vector(n, _DIM), limit=1))[0].id == f"n{n}"
    assert generation.count(Range("stock", FieldType.INTEGER, gte=_FULL - 10, lt=_FULL + 10)) == 20


def test_fields_of_a_generation_of_several_segments_are_indexed_and_found(
    sealing: EdgeStore,
) -> None:
    generation = sealing.create("shop", _CONFIG, building=True)
    _write(generation, 2 * _FULL)
    generation.compact()
    assert isinstance(generation, EdgeGeneration)
    assert generation.indexed_fields() == set(_CONFIG.schema.fields)
    assert generation.count(Range("stock", FieldType.INTEGER, gte=_FULL)) == _FULL


def test_new_payloads_of_points_in_full_segments_take_the_place_of_the_old(
    sealing: EdgeStore,
) -> None:
    generation = sealing.create("shop", _CONFIG)
    _write(generation, _FULL + 100)
    generation.set_payloads({f"n{n}": {"id": f"n{n}", "stock": -1} for n in range(_FULL)})
    assert generation.count() == _FULL + 100
    assert generation.count(Range("stock", FieldType.INTEGER, lt=0)) == _FULL
    assert generation.query(VectorQuery(vector(7, _DIM), limit=1))[0].payload["stock"] == -1


def test_a_store_that_is_opened_again_knows_what_is_not_indexed(
    root: Path, sealing: EdgeStore
) -> None:
    _write(sealing.create("shop", _CONFIG), _FULL)
    sealing.close()
    with closing(EdgeStore(root, segment_points=_FULL)) as again:
        generation = again.open("shop", "g000001")
        again.publish("shop", generation.name)
        _write(generation, _FULL + 100, start=_FULL)
        assert _indexed(again) == _FULL


def test_a_store_whose_process_answers_searches_never_indexes_by_itself(root: Path) -> None:
    with closing(EdgeStore(root, segment_points=_FULL, seals=False)) as store:
        generation = store.create("shop", _CONFIG)
        store.publish("shop", generation.name)
        _write(generation, 2 * _FULL)
        assert _indexed(store) == 0
