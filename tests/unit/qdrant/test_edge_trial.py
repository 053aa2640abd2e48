"""Measured searches outside of the store, and what a shard's files hold."""

from pathlib import Path

import numpy as np
import pytest

from eval.bench.resident import resident
from qdrant.edge import EdgeStore
from qdrant.edge_trial import ShardFiles, Trial, Walk, forget_cached
from qdrant.store import JOINT, CollectionConfig, Point

POINTS = 60


@pytest.fixture
def generation(tmp_path: Path) -> Path:
    vectors = np.eye(8, dtype=np.float32)[np.arange(POINTS) % 8]
    vectors += np.arange(POINTS, dtype=np.float32)[:, None] / 1000
    store = EdgeStore(tmp_path)
    made = store.create("t", CollectionConfig("e", "f", {JOINT: 8}, quantization="int8"))
    made.upsert([Point(str(row), {JOINT: vector}, {}) for row, vector in enumerate(vectors)])
    name = made.name
    made.close()
    store.close()
    return tmp_path / "t" / "generations" / name


@pytest.mark.parametrize("rescore", [True, False])
def test_a_trial_finds_the_nearest(generation: Path, rescore: bool) -> None:
    forget_cached(generation)
    trial = Trial(generation)
    found = trial.searcher(Walk(rescore=rescore), 7)(np.eye(8, dtype=np.float32)[3])
    assert trial.sizes()[0] == POINTS
    trial.close()
    assert {int(each) % 8 for each in found} == {3}


def test_files_are_told_apart_by_what_they_hold(generation: Path) -> None:
    sizes = ShardFiles(generation).sizes()
    assert sizes["originals"] >= POINTS * 8 * 4
    assert {"ids", "log", "payload"} <= set(sizes)


def test_the_segment_for_later_writes_is_spare_once_another_has_a_graph(tmp_path: Path) -> None:
    segments = tmp_path / "shard" / "segments"
    for place in ("a/vector_index-joint/links.bin", "a/vector_storage-joint/quantized.data",
                  "b/vector_storage-joint/matrix.dat"):  # fmt: skip
        (segments / place).parent.mkdir(parents=True, exist_ok=True)
        (segments / place).write_bytes(b"0")
    files = ShardFiles(tmp_path)
    kinds = [
        files.holding(str(segments / place))
        for place in ("a/vector_index-joint/links.bin", "a/vector_storage-joint/quantized.data",
                      "b/vector_storage-joint/matrix.dat")
    ]  # fmt: skip
    assert kinds == ["graph", "codes", "spare"]


def test_resident_memory_grows_by_the_files_that_are_read(generation: Path) -> None:
    files = ShardFiles(generation)
    before = resident(files)
    trial = Trial(generation)
    trial.searcher(Walk(), 5)(np.eye(8, dtype=np.float32)[0])
    after = resident(files)
    trial.close()
    assert before["heap"] > 0
    assert "originals" not in before
    assert after["originals"] > 0
